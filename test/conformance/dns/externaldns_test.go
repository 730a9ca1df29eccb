package dns_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/pkg/apis/externaldns"
	"sigs.k8s.io/external-dns/plan"
	"sigs.k8s.io/external-dns/provider"
	awsprovider "sigs.k8s.io/external-dns/provider/aws"
	"sigs.k8s.io/external-dns/registry"
	"sigs.k8s.io/external-dns/registry/txt"

	"github.com/spillway-mesh/spillway/pkg/zone"
)

// controller is external-dns with one owner: its registry and its policy for what is to be deleted.
type controller struct {
	registry registry.Registry
	policy   plan.Policy
	managed  []string
}

// newController is configured by external-dns' own flags.
func newController(t *testing.T, domain, owner, policy string) *controller {
	t.Helper()
	cfg := externaldns.NewConfig()
	if err := cfg.ParseFlags([]string{
		"--source=crd", "--provider=aws", "--registry=txt", "--txt-owner-id=" + owner, "--txt-prefix=ed-", "--policy=" + policy,
		"--aws-batch-change-interval=0s", "--domain-filter=" + domain,
	}); err != nil {
		t.Fatal(err)
	}
	p, err := awsprovider.New(t.Context(), cfg, endpoint.NewDomainFilter([]string{domain}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := txt.New(cfg, p)
	if err != nil {
		t.Fatal(err)
	}
	return &controller{registry: r, policy: plan.Policies[cfg.Policy], managed: cfg.ManagedDNSRecordTypes}
}

// round does what external-dns' controller does in one round, and says what it changed.
func (c *controller) round(t *testing.T, wanted []*endpoint.Endpoint) *plan.Changes {
	t.Helper()
	records, err := c.registry.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), provider.RecordsContextKey, records)
	desired := make([]*endpoint.Endpoint, 0, len(wanted))
	for _, e := range wanted {
		desired = append(desired, e.DeepCopy())
	}
	desired, err = c.registry.AdjustEndpoints(endpoint.MergeEndpoints(desired))
	if err != nil {
		t.Fatal(err)
	}
	p := (&plan.Plan{
		Policies: []plan.Policy{c.policy}, Current: records, Desired: desired, ManagedRecords: c.managed, OwnerID: c.registry.OwnerID(),
		DomainFilter: endpoint.MatchAllDomainFilters{c.registry.GetDomainFilter()},
	}).Calculate()
	if p.Changes.HasChanges() {
		if err := c.registry.ApplyChanges(ctx, p.Changes); err != nil {
			t.Fatal(err)
		}
	}
	return p.Changes
}

// settled wants a round that changes nothing.
func (c *controller) settled(t *testing.T, wanted []*endpoint.Endpoint) {
	t.Helper()
	if changes := c.round(t, wanted); changes.HasChanges() {
		t.Errorf("%s changes what it has just written: %s", c.registry.OwnerID(), said(changes))
	}
}

func said(c *plan.Changes) string {
	return fmt.Sprintf("create %v, update %v to %v, delete %v", c.Create, c.UpdateOld, c.UpdateNew, c.Delete)
}

// hosted is a zone in the emulator.
type hosted struct {
	client *route53.Client
	name   string
	id     string
}

func newZone(t *testing.T, name string) *hosted {
	t.Helper()
	e, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	client := route53.New(route53.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(e.url),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "testing", SecretAccessKey: "testing"}, nil
		}),
	})
	made, err := client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: new(name), CallerReference: new(name)})
	if err != nil {
		t.Fatal(err)
	}
	return &hosted{client: client, name: name, id: *made.HostedZone.Id}
}

// zone reads everything back, as what the project itself calls a zone.
func (h *hosted) zone(t *testing.T) *zone.Zone {
	t.Helper()
	out := &zone.Zone{Name: h.name}
	list, err := h.client.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &h.id})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.ResourceRecordSets {
		if r.Type == types.RRTypeNs || r.Type == types.RRTypeSoa || r.Type == types.RRTypeTxt {
			continue
		}
		out.Records = append(out.Records, recordOf(r))
	}
	checks, err := h.client.ListHealthChecks(t.Context(), &route53.ListHealthChecksInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks.HealthChecks {
		out.Checks = append(out.Checks, checkOf(c))
	}
	return out
}

func recordOf(r types.ResourceRecordSet) zone.Record {
	out := zone.Record{
		Name: strings.TrimSuffix(*r.Name, "."), Type: string(r.Type), ID: value(r.SetIdentifier), TTL: int(value(r.TTL)), Check: value(r.HealthCheckId),
		Policy: zone.Policy{Failover: string(r.Failover), MultiValue: value(r.MultiValueAnswer)},
	}
	if r.Weight != nil {
		out.Policy.Weight = new(int(*r.Weight))
	}
	for _, v := range r.ResourceRecords {
		out.Values = append(out.Values, *v.Value)
	}
	if a := r.AliasTarget; a != nil {
		out.Alias = &zone.Alias{Name: strings.TrimSuffix(*a.DNSName, "."), Zone: *a.HostedZoneId, EvaluateHealth: a.EvaluateTargetHealth}
	}
	return out
}

func checkOf(c types.HealthCheck) zone.Check {
	x := c.HealthCheckConfig
	out := zone.Check{
		ID: *c.Id, Type: string(x.Type), IP: value(x.IPAddress), FQDN: value(x.FullyQualifiedDomainName), Port: int(value(x.Port)),
		Path: value(x.ResourcePath), Interval: int(value(x.RequestInterval)), Threshold: int(value(x.FailureThreshold)),
		Search: value(x.SearchString), SNI: value(x.EnableSNI), Children: x.ChildHealthChecks, Healthy: int(value(x.HealthThreshold)),
	}
	for _, r := range x.Regions {
		out.Regions = append(out.Regions, string(r))
	}
	return out
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// owned lists the zone's TXT records, by which external-dns knows whose a record is.
func (h *hosted) owned(t *testing.T) []string {
	t.Helper()
	list, err := h.client.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &h.id})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range list.ResourceRecordSets {
		if r.Type != types.RRTypeTxt {
			continue
		}
		_, owner, _ := strings.Cut(*r.ResourceRecords[0].Value, "external-dns/owner=")
		owner, _, _ = strings.Cut(strings.Trim(owner, `"`), ",")
		out = append(out, fmt.Sprintf("%s %s %s", strings.TrimSuffix(*r.Name, "."), value(r.SetIdentifier), owner))
	}
	slices.Sort(out)
	return out
}
