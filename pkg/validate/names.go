package validate

import (
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	longestName  = 253 // of a DNS name, and of an object's name
	longestLabel = 63  // of a part of a DNS name, and of a label's value
)

// metadata checks the names of an object, which derived names are made of.
func (c *checker) metadata(o metav1.Object) {
	at := field.NewPath("metadata")
	if o.GetName() == "" {
		d := c.errorf(at.Child("name"), "SP101", "a name is required").WithHint("add metadata.name; names of what is generated are made from it")
		if o.GetGenerateName() != "" {
			d.WithHint("generateName gives a new name each time; what is generated here needs a lasting one")
		}
	} else {
		c.objectName(at.Child("name"), o.GetName())
	}
	if o.GetNamespace() != "" {
		c.dnsLabel(at.Child("namespace"), o.GetNamespace(), longestLabel)
	}
	c.labels(at.Child("labels"), o.GetLabels())
}

// objectName wants the name of an object in Kubernetes.
func (c *checker) objectName(at *field.Path, name string) {
	if len(name) > longestName {
		c.short(at, name, longestName)
	} else if len(validation.IsDNS1123Subdomain(name)) > 0 {
		c.errorf(at, "SP102", "%s is not the name of an object", quote(name)).
			WithHint("use lower-case letters, digits, hyphens and dots; begin and end with a letter or digit")
	}
}

// dnsLabel wants one part of a DNS name.
func (c *checker) dnsLabel(at *field.Path, name string, longest int) bool {
	if name == "" {
		c.errorf(at, "SP101", "a name is required").WithHint("add one in lower-case letters, digits and hyphens")
		return false
	}
	if !c.short(at, name, longest) {
		return false
	}
	if !isLabel(name) {
		c.errorf(at, "SP102", "%s is not a DNS label", quote(name)).
			WithHint("use lower-case letters, digits and hyphens; begin and end with a letter or digit")
		return false
	}
	return true
}

func isLabel(s string) bool {
	if s == "" || len(s) > longestLabel || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if b := s[i]; b != '-' && (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// isDNSName says whether a name could be looked up: labels that are letters, digits and hyphens, and a last one with a
// letter, so that a mistyped IP address is not taken for a name.
func isDNSName(s string) bool {
	if len(s) > longestName {
		return false
	}
	last := ""
	for part := range strings.SplitSeq(s, ".") {
		if !isLabel(part) {
			return false
		}
		last = part
	}
	return strings.ContainsFunc(last, func(r rune) bool { return r >= 'a' && r <= 'z' })
}

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// hintName says why something is not a DNS name, where that can be told.
func hintName(s string) string {
	switch trimmed := strings.TrimSuffix(s, "."); {
	case strings.Contains(s, "://"):
		if u, err := url.Parse(s); err == nil && u.Hostname() != "" {
			return "write the name alone: " + u.Hostname()
		}
		return "write the name alone, without scheme and path"
	case isDNSName(strings.ToLower(trimmed)):
		return "write it in lower case, without a dot at the end: " + strings.ToLower(trimmed)
	case strings.Contains(s, "*"):
		return "a wildcard cannot be dialled; write one exact name"
	case hasPort(s):
		return "write the name alone; ports stand in ports"
	case strings.ContainsAny(s, " \t\r\n"):
		return "remove the space"
	case strings.Contains(s, "/"):
		return "write the name alone, without a path"
	case strings.Trim(s, "0123456789.") == "":
		return "an IPv4 address has four numbers from 0 to 255, without leading zeros"
	default:
		return "use lower-case letters, digits, hyphens and dots, at most 63 characters between two dots"
	}
}

func hasPort(s string) bool {
	host, port, found := strings.Cut(s, ":")
	_, err := strconv.ParseUint(port, 10, 16)
	return found && err == nil && (isDNSName(host) || isIP(host))
}

// dnsName wants a DNS name.
func (c *checker) dnsName(at *field.Path, code, name string) {
	if c.short(at, name, longestName) && !isDNSName(name) {
		c.errorf(at, code, "%s is not a DNS name", quote(name)).WithHint("%s", hintName(name))
	}
}

// hostPort wants what may stand in a Host header: a name or an address, perhaps with a port.
func (c *checker) hostPort(at *field.Path, value string) {
	if !c.short(at, value, longestName) || isDNSName(value) || isIP(value) && !strings.Contains(value, ":") {
		return
	}
	if a, err := netip.ParseAddrPort(value); err == nil && a.Addr().Zone() == "" {
		return
	}
	if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") && isIP(value[1:len(value)-1]) {
		return
	}
	host, port, found := strings.Cut(value, ":")
	if n, err := strconv.ParseUint(port, 10, 16); found && err == nil && n > 0 && isDNSName(host) {
		return
	}
	c.errorf(at, "SP111", "%s cannot stand in a Host header", quote(value)).
		WithHint("write a DNS name or an IP address, with :PORT if the endpoint expects one")
}

// labels wants labels as Kubernetes allows them.
func (c *checker) labels(at *field.Path, labels map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		at := at.Key(key)
		if len(validation.IsQualifiedName(key)) > 0 {
			c.errorf(at, "SP123", "%s is not the key of a label", quote(key)).
				WithHint("at most 63 letters, digits, hyphens, dots and underscores, after an optional DNS name and a slash")
		}
		if len(validation.IsValidLabelValue(labels[key])) > 0 {
			c.errorf(at, "SP123", "%s is not the value of a label", quote(labels[key])).
				WithHint("at most 63 letters, digits, hyphens, dots and underscores; begin and end with a letter or digit")
		}
	}
}

var labelValue = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)

// region wants the name of a cloud region, which is also a label of nodes.
func (c *checker) region(at *field.Path, name string) bool {
	if !c.short(at, name, longestLabel) {
		return false
	}
	if labelValue.MatchString(name) {
		return true
	}
	d := c.errorf(at, "SP125", "%s is not the name of a region", quote(name))
	if before, _, found := strings.Cut(name, "/"); found && labelValue.MatchString(before) {
		d.WithHint("write the region alone, without zone: %s", before)
	} else {
		d.WithHint("write it as the label topology.kubernetes.io/region of the nodes spells it, such as us-east1")
	}
	return false
}
