package plan

import "github.com/spillway-mesh/spillway/pkg/api/v1alpha1"

// tls fills in trust and the client's certificate, and refuses secrets that the proxies could not read.
func (b *builder) tls() {
	out := &b.plan.TLS
	out.Mode = TLSNone
	s := b.spec.TLS
	if s == nil || s.Mode == "" || s.Mode == v1alpha1.TLSNone {
		return
	}
	out.Mode = TLSMode(s.Mode)
	if t := s.Trust; t != nil {
		out.TrustConfigMap, out.TrustSecret, out.TrustFile = t.ConfigMap, t.Secret, t.File
	}
	if c := s.ClientCertificate; c != nil && s.Mode == v1alpha1.TLSMutual {
		out.ClientSecret = c.Secret
		if c.Files != nil {
			out.ClientCert, out.ClientKey = c.Files.Certificate, c.Files.Key
		}
	}
	switch {
	case b.plan.Gateway != nil:
		b.gatewayTrust()
	case out.NeedsSecret():
		b.secrets()
	}
}

// gatewayTrust refuses a CA beside a client certificate from elsewhere: Istio looks for both in one place, and the gateway
// gets no patch for it.
func (b *builder) gatewayTrust() {
	t := &b.plan.TLS
	if t.ClientSecret != "" && (t.TrustConfigMap != "" || t.TrustFile != "" || t.TrustSecret != "" && t.TrustSecret != t.ClientSecret) ||
		t.ClientCert != "" && (t.TrustConfigMap != "" || t.TrustSecret != "") {
		b.diags.Errorf(b.at("tls", "trust"), codeSelector, "a gateway takes the CA and the client certificate from one place").WithHint(
			"put ca.crt into the client certificate's secret, or mount all as files")
	}
}

// secrets refuses what would make Istio send plain text instead: a sidecar gets a secret only through a DestinationRule
// that selects it, and only if its service account may read it.
func (b *builder) secrets() {
	c := &b.plan.Clients
	if len(c.Selector) == 0 {
		b.diags.Errorf(b.at("clients", "selector"), codeSelector, "a secret reaches sidecars only where a selector picks "+
			"them; without one Istio would send plain text to the endpoints").WithHint(
			"set clients.selector to labels of the client pods, or mount the files and name them under tls")
	}
	if b.plan.TLS.ClientSecret != "" && len(c.ServiceAccounts) == 0 { // a CA is no secret: istiod asks for no right to it
		b.diags.Errorf(b.at("clients", "serviceAccounts"), codeServiceAccounts, "nobody is allowed to read the secret; "+
			"without the right to it Istio would send plain text to the endpoints").WithHint(
			"list the service accounts of the client pods: a Role and RoleBinding are written for them")
	}
	if b.plan.RootNamespace != "" {
		b.diags.Errorf(b.at("clients", "namespaces"), codeAllNamespaces, "a secret is read in each client namespace, and "+
			`"*" does not say which those are`).WithHint("list the client namespaces")
	}
}
