package validate

import (
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

func (c *checker) tls(at *field.Path, t *v1alpha1.TLS) {
	choice(c, at.Child("mode"), t.Mode, true, v1alpha1.TLSNone, v1alpha1.TLSSimple, v1alpha1.TLSMutual)
	certificate := at.Child("clientCertificate")
	switch {
	case t.Mode == v1alpha1.TLSMutual && t.ClientCertificate == nil:
		c.errorf(certificate, "SP121", "mode Mutual needs a client certificate").
			WithHint("add clientCertificate: {secret: NAME}, or mode: Simple if the endpoints ask for none")
	case (t.Mode == v1alpha1.TLSNone || t.Mode == v1alpha1.TLSSimple) && t.ClientCertificate != nil:
		c.errorf(certificate, "SP121", "a client certificate is shown with mode Mutual only").
			WithHint("write mode: Mutual, or remove clientCertificate")
	}
	if t.Mode == v1alpha1.TLSNone && t.Trust != nil {
		c.errorf(at.Child("trust"), "SP121", "trust has no meaning with mode None").WithHint("remove trust, or write mode: Simple")
	}
	if t.Trust != nil {
		c.trust(at.Child("trust"), t.Trust)
	}
	if t.ClientCertificate != nil {
		c.clientCertificate(certificate, t.ClientCertificate)
	}
}

func (c *checker) trust(at *field.Path, t *v1alpha1.Trust) {
	given := 0
	for _, set := range []bool{t.System != nil, t.ConfigMap != "", t.Secret != "", t.File != ""} {
		if set {
			given++
		}
	}
	if given != 1 {
		c.errorf(at, "SP108", "exactly one of system, configMap, secret and file is needed, not %d", given).
			WithHint("keep one of them; {system: true} trusts the CA certificates of the proxy's image")
	}
	if t.System != nil && !*t.System {
		c.errorf(at.Child("system"), "SP106", "false is not a value of this field").
			WithHint("name another source instead: configMap, secret or file")
	}
	if t.ConfigMap != "" {
		c.objectName(at.Child("configMap"), t.ConfigMap)
	}
	if t.Secret != "" {
		c.objectName(at.Child("secret"), t.Secret)
	}
	if t.File != "" {
		c.file(at.Child("file"), t.File)
	}
}

func (c *checker) clientCertificate(at *field.Path, cc *v1alpha1.ClientCertificate) {
	if (cc.Secret != "") == (cc.Files != nil) {
		c.errorf(at, "SP108", "exactly one of secret and files is needed").
			WithHint("name a secret, or two files in the proxy's container")
	}
	if cc.Secret != "" {
		c.objectName(at.Child("secret"), cc.Secret)
	}
	if cc.Files != nil {
		c.file(at.Child("files", "certificate"), cc.Files.Certificate)
		c.file(at.Child("files", "key"), cc.Files.Key)
	}
}

// file wants an absolute path in the proxy's container.
func (c *checker) file(at *field.Path, file string) {
	if !c.required(at, file, 1024) {
		return
	}
	switch {
	case strings.ContainsFunc(file, func(r rune) bool { return r < ' ' || r == 0x7f }):
		c.errorf(at, "SP122", "the path %s has a control character", quote(file)).WithHint("remove it")
	case !strings.HasPrefix(file, "/"):
		c.errorf(at, "SP122", "the path %s is not absolute", quote(file)).WithHint("begin it with /, as it is in the proxy's container")
	case path.Clean(file) != file:
		c.errorf(at, "SP122", "the path %s is not in its shortest form", quote(file)).WithHint("write %s", path.Clean(file))
	}
}
