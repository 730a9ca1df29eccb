package istio

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Check says what Istio cannot express, and what must be done by hand.
func (Target) Check(p *plan.Plan, at *field.Path) diag.List {
	var ds diag.List
	w := newWriter(p)
	w.checkEnvoyFilter(&ds, at)
	if p.Gateway == nil {
		w.checkSecrets(&ds, at)
	}
	if p.Clients.Gateways {
		w.checkGateways(&ds, at.Child("clients", "gateways"))
	}
	return ds
}

// checkEnvoyFilter refuses what only an EnvoyFilter can say, on a platform that allows none.
func (w writer) checkEnvoyFilter(ds *diag.List, at *field.Path) {
	if w.EnvoyFilter {
		if w.everywhere() && w.RootNamespace == "" {
			ds.Errorf(at.Child("clients", "namespaces"), "SP302", "clients in all namespaces need objects in Istio's root namespace, which the platform does not name").
				WithHint("name the client namespaces, or set rootNamespace in the platform file")
		}
		return
	}
	const hint = "allow EnvoyFilter in the platform file"
	if w.Identity.PerEndpointSNI || w.Identity.HostMode == plan.HostPerEndpoint {
		ds.Errorf(at.Child("endpoints"), "SP301", "each endpoint's own name in TLS and Host needs an EnvoyFilter, which this platform forbids").
			WithHint(hint + ", or give all endpoints one serverName and hostHeader")
	}
	if w.Order.Mechanism == plan.MechanismPriorities {
		ds.Errorf(at.Child("failover"), "SP301", "explicit priorities need an EnvoyFilter, which this platform forbids").WithHint(hint)
	}
	if w.ConnectAttempts > 0 {
		ds.Errorf(at.Child("ports"), "SP301", "a second try for new TCP connections needs an EnvoyFilter, which this platform forbids").WithHint(hint)
	}
	if w.Detect.Active != nil {
		ds.Errorf(at.Child("detect", "active"), "SP301", "health checks need an EnvoyFilter, which this platform forbids").
			WithHint(hint + ", or leave detect.active out")
	}
	if len(w.validationSource()) > 0 && w.Gateway == nil {
		ds.Errorf(at.Child("tls", "trust"), "SP301", "with a client certificate Istio takes the CA from the same place, and anything else needs an EnvoyFilter, which this platform forbids").
			WithHint(hint+", or put the CA certificates into the secret %q and name it under trust.secret", w.TLS.ClientSecret)
	}
}

func (w writer) checkSecrets(ds *diag.List, at *field.Path) {
	if !w.TLS.NeedsSecret() {
		return
	}
	clients := at.Child("clients")
	if w.everywhere() {
		ds.Errorf(clients.Child("namespaces"), "SP303", "Istio reads secrets only for clients in namespaces that are named").
			WithHint("list the client namespaces")
	}
	if len(w.Clients.Selector) == 0 {
		ds.Errorf(clients.Child("selector"), "SP303", "without a selector Istio ignores the secret and sends plaintext").
			WithHint("give the labels of the client pods")
	}
	if w.TLS.ClientSecret != "" && len(w.Clients.ServiceAccounts) == 0 {
		ds.Errorf(clients.Child("serviceAccounts"), "SP303", "no service account may read the secret %q, so no proxy would get the certificate", w.TLS.ClientSecret).
			WithHint("name the service accounts of the client pods")
	}
	if w.TLS.ClientSecret != "" && len(w.Clients.ServiceAccounts) > 0 {
		ds.Warnf(clients.Child("serviceAccounts"), "SP308", "istiod demands that these service accounts may list every secret of their namespace").
			WithHint("keep other secrets elsewhere, or give the certificate as files: tls.clientCertificate.files")
	}
}

func (w writer) checkGateways(ds *diag.List, at *field.Path) {
	if w.Order.Mechanism == plan.MechanismSubsets {
		ds.Errorf(at, "SP304", "a gateway cannot be sent to the subset of its region: sourceLabels say nothing there").
			WithHint("let the platform allow EnvoyFilter on Istio 1.31, or use a spec of its own for the gateways")
	}
	if len(w.routePatches(contextGateway)) > 0 {
		ds.Warnf(at, "SP305", "a gateway's requests are repeated and named only on routes called %q", w.gatewayRoute()).
			WithHint("in the gateway's VirtualService set http[].name to %q, with the timeout and retries of the generated one", w.gatewayRoute())
	}
	if slices.ContainsFunc(w.Ports, func(p plan.Port) bool { return !p.Protocol.IsHTTP() }) {
		ds.Warnf(at, "SP306", "through a gateway a new TCP connection is tried once only")
	}
	if w.TLS.NeedsSecret() {
		ds.Warnf(at, "SP307", "gateways get the secret only if clients.selector matches their pods too")
	}
}
