package google

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Where HTTP is turned into HTTPS.
const (
	RedirectAtLoadBalancer = "LoadBalancer"
	RedirectAtGateway      = "Gateway"
	RedirectNowhere        = "None"
)

// Asked is what Check looks at.
type Asked struct {
	Edge     string
	Probe    Probe
	Backend  Backend
	Redirect string // HTTPSRedirect of the edge
	Options  *field.Path
}

// Check tells what would make the load balancer leave all clusters, or none, and what a fleet leaves out.
func Check(f *plan.Fleet, at *field.Path, asked Asked) diag.List {
	var ds diag.List
	clusters(&ds, f, at, asked.Edge)
	probe(&ds, asked.Options.Child("healthCheck"), asked.Probe)
	drain(&ds, asked)
	if asked.Redirect == RedirectAtGateway {
		ds.Errorf(asked.Options.Child("httpsRedirect"), "HC003",
			"the gateway would answer the probe with 301, and the load balancer takes 200 only: every cluster would be out").
			WithHint("redirect at the load balancer: httpsRedirect: LoadBalancer; or by a route behind the one of the probe path")
	}
	survivors(&ds, f, at)
	return ds
}

func clusters(ds *diag.List, f *plan.Fleet, at *field.Path, edge string) {
	in := false
	for i := range f.Clusters {
		c := &f.Clusters[i]
		in = in || c.Rotation != "Out"
		if c.GKE == nil {
			ds.Errorf(at.Child("clusters").Index(i).Child("gke"), "SP330", "the edge %s does not know which cluster of Google's %q is", edge, c.Name).
				WithHint("give its project and location: gke: {project: shop-prod, location: us-central1}")
		}
	}
	if !in {
		ds.Errorf(at.Child("clusters"), "SP332", "every cluster is out of rotation: the load balancer would answer 502 to everybody").
			WithHint("leave one cluster Serving")
	}
}

func probe(ds *diag.List, at *field.Path, p Probe) {
	if p.Expect != "200" {
		ds.Errorf(at.Child("expect"), "SP333", "Google's load balancers take 200 for healthy and nothing else, not %q", p.Expect).
			WithHint("leave expect out: the health server answers 200 or 503")
	}
	if p.Timeout > p.Interval {
		ds.Errorf(at.Child("timeout"), "HC005", "the timeout %s is longer than the interval %s, which is refused", p.Timeout, p.Interval).
			WithHint("write %s or less", p.Interval)
	}
	if p.Unhealthy == 1 && p.Interval < 5*time.Second {
		ds.Warnf(at.Child("unhealthy"), "HC019", "one lost probe in %s takes a gateway pod out: it flaps", p.Interval).
			WithHint("write unhealthy: 2")
	}
	const slowest = 2 * time.Second // the health route answers for a server that hangs after 1.5s
	if p.Timeout < slowest {
		ds.Warnf(at.Child("timeout"), "HC009", "the health route may answer after 1.5s, and the probe waits %s", p.Timeout).
			WithHint("write %s or more", slowest)
	}
}

// drain wants a gateway pod that stops to serve until the load balancer has left it.
func drain(ds *diag.List, asked Asked) {
	at, needed := asked.Options.Child("backend", "gatewayDrain"), asked.Probe.Detection()
	switch given := asked.Backend.GatewayDrain; {
	case given == 0:
		ds.Notef(at, "HC020", "a gateway pod that stops must serve for %s more, until the load balancer has left it", needed).
			WithHint("set terminationDrainDuration of the gateway to %s or more (Istio's default is 5s), and say so in gatewayDrain", needed)
	case given < needed:
		ds.Errorf(at, "HC020", "a gateway pod serves for %s after it is to stop, and the load balancer leaves it after %s: requests between are lost",
			given, needed).WithHint("raise the gateway's terminationDrainDuration to %s or more, or probe faster", needed)
	}
}

// survivors warns of clusters that are too big for the others to stand in.
func survivors(ds *diag.List, f *plan.Fleet, at *field.Path) {
	total := 0
	for i := range f.Clusters {
		if f.Clusters[i].MaxRPS == 0 {
			return
		}
		if f.Clusters[i].Rotation != "Out" {
			total += f.Clusters[i].MaxRPS
		}
	}
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if rest := total - c.MaxRPS; c.Rotation == "Serving" && rest < c.MaxRPS && len(f.Clusters) > 1 {
			ds.Warnf(at.Child("clusters").Index(i).Child("capacity"), "HC029", "the other clusters serve %d requests a second, %q alone up to %d",
				rest, c.Name, c.MaxRPS).WithHint("make sure that the others can grow that far before %q is left", c.Name)
		}
	}
}
