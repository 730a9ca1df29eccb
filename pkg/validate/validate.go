// Package validate says which values the fields of our kinds may have: what the CRD's schema says, so that a file is
// refused alike without an API server, and what a schema cannot say. What a spec means, and whether a platform can
// express it, is pkg/plan's business.
//
// It imports api and diag, never changes what it is given, and reads nothing else. There is one function per type;
// start reading at ExternalFailover.
package validate

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// ExternalFailover tells everything that is wrong with the fields of one object.
func ExternalFailover(x *v1alpha1.ExternalFailover) diag.List {
	c := &checker{}
	c.metadata(x)
	c.spec(field.NewPath("spec"), &x.Spec)
	return c.diags
}

// checker gathers what its rules find.
type checker struct {
	diags diag.List
}

func (c *checker) errorf(at *field.Path, code, format string, args ...any) *diag.Diagnostic {
	return c.diags.Errorf(at, code, format, args...)
}

func (c *checker) spec(at *field.Path, s *v1alpha1.ExternalFailoverSpec) {
	c.host(at.Child("host"), s.Host)
	c.addresses(at.Child("addresses"), s.Addresses)
	if s.Clients != nil {
		c.clients(at.Child("clients"), s.Clients)
	}
	c.ports(at.Child("ports"), s)
	if s.TLS != nil {
		c.tls(at.Child("tls"), s.TLS)
	}
	c.endpoints(at.Child("endpoints"), s)
	c.failover(at.Child("failover"), s)
	if s.Detect != nil {
		c.detect(at.Child("detect"), s.Detect)
	}
	c.requests(at.Child("requests"), s.Requests)
	if s.Preset != "" && len(s.Requests) > 0 {
		c.errorf(at.Child("preset"), "SP108", "preset and requests exclude each other").
			WithHint("remove preset, or the list of requests it stands for")
	}
	choice(c, at.Child("preset"), s.Preset, false, v1alpha1.PresetDynamoDB, v1alpha1.PresetS3, v1alpha1.PresetGRPC)
	if s.Signing != nil {
		c.signing(at.Child("signing"), s.Signing)
	}
	choice(c, at.Child("delivery"), s.Delivery, false, v1alpha1.DeliveryAuto, v1alpha1.DeliverySidecar,
		v1alpha1.DeliveryEgressGateway, v1alpha1.DeliveryWaypoint)
	if s.EgressGateway != nil {
		c.egressGateway(at.Child("egressGateway"), s.EgressGateway)
	}
	if s.Waypoint != nil {
		c.waypoint(at.Child("waypoint"), s.Waypoint)
	}
}

func (c *checker) signing(at *field.Path, s *v1alpha1.Signing) {
	if (s.AWS != nil) == (s.ClientSends != "") {
		c.errorf(at, "SP108", "exactly one of aws and clientSends is needed").
			WithHint("aws asks for a hop that signs; clientSends: Unsigned says that requests carry no signature")
	}
	choice(c, at.Child("clientSends"), s.ClientSends, false, v1alpha1.ClientSendsUnsigned)
	if s.AWS != nil {
		c.required(at.Child("aws", "service"), s.AWS.Service, 63)
	}
}
