package plan

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/region"
)

// signing plans who signs: the gateway for each region, nobody, or, as a warning, the application for one region only.
func (b *builder) signing() {
	if s := b.spec.Signing; s != nil && s.AWS != nil {
		b.signed(s.AWS)
		return
	}
	if s := b.spec.Signing; s != nil && s.ClientSends != "" || b.kinds.http == 0 {
		return
	}
	first := ""
	for i := range b.names {
		r := awsRegion(b.names[i].server)
		switch {
		case r == "" || r == first:
		case first == "":
			first = r
		default:
			b.diags.Warnf(b.at("signing"), codeSigned, "the endpoints are AWS services in %s and %s, and a request that is "+
				"signed for one region is refused by the other", first, r).WithHint(
				"say signing: {aws: {service: %s}} and send requests unsigned, then an egress gateway signs for each region; or "+
					"signing: {clientSends: Unsigned} if nobody has to sign", awsService(b.names[i].server))
			return
		}
	}
}

// signed has the gateway sign each region's requests.
func (b *builder) signed(s *v1alpha1.AWSSigning) {
	g := b.plan.Gateway
	if g == nil {
		return // refused as a delivery
	}
	b.plan.Signing = &Signing{Service: s.Service, BodyLimit: signedBodyLimit}
	if s.Service == "s3" {
		b.plan.Signing.UnsignedPayload, b.plan.Signing.BodyLimit = true, 0
	}
	if !g.Marks {
		b.diags.Errorf(b.at("signing", "aws"), codeSignerFilter, "the gateway signs by EnvoyFilter, and its namespace %s may hold none",
			g.Namespace).WithHint("have the platform team run the gateway in a namespace of its own and say egressGateway: " +
			"{namespace: …, envoyFilter: Allowed} in the platform file")
	}
	if slices.Contains(b.plan.Clients.Namespaces, "*") {
		b.diags.Warnf(b.at("clients", "namespaces"), codeSignsForAll, "every pod of the mesh may use the gateway's AWS credentials").
			WithHint("list the namespaces that may")
	}
	for i := range g.Hops {
		b.signingRegion(i, &g.Hops[i])
	}
}

// signingRegion is told by the endpoint's AWS name, else by the spec; the two may not differ.
func (b *builder) signingRegion(i int, h *Hop) {
	at, said := b.at("endpoints").Index(i).Child("signingRegion"), b.spec.Endpoints[i].SigningRegion
	known := or(awsRegion(b.names[i].server), awsRegion(b.spec.Endpoints[i].Address))
	switch {
	case known == "" && said == "":
		b.diags.Errorf(at, codeSigningRegion, "the name %s of endpoint %q does not tell the AWS region to sign for", b.names[i].server,
			h.Endpoint).WithHint("set signingRegion, such as us-east-1")
	case known != "" && said != "" && known != said:
		b.diags.Errorf(at, codeSigningRegion, "endpoint %q is in %s by its name, and to be signed for %s: it would refuse every request",
			h.Endpoint, known, said).WithHint("drop signingRegion, or correct the address")
	}
	h.SigningRegion = or(known, said)
	if h.HostHeader == "" {
		b.diags.Errorf(b.at("endpoints").Index(i).Child("hostHeader"), codeHostHeader, "the signature covers the Host, and AWS knows "+
			"its own name only, not the application's").WithHint("drop hostHeader: Keep")
	}
}

// awsService is the service in the name of a regional AWS endpoint, as a signature names it where the two are alike.
func awsService(name string) string {
	for part := range strings.SplitSeq(strings.ToLower(name), ".") {
		if part != "" && !strings.HasPrefix(part, "vpce-") && part != "bucket" {
			return part
		}
	}
	return name
}

// awsRegion is the region in the name of a regional AWS service, such as dynamodb.us-east-1.amazonaws.com; empty for
// names that belong to a customer's own service behind AWS (load balancers, databases).
func awsRegion(name string) string {
	name = strings.ToLower(name)
	rest := ""
	for _, suffix := range [...]string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok {
			rest = strings.TrimSuffix(cut, ".vpce")
			break
		}
	}
	dot := strings.LastIndexByte(rest, '.')
	if dot < 0 || strings.Contains(rest, ".vpce-svc-") {
		return "" // a private service of somebody else
	}
	if r, ok := region.Lookup(rest[dot+1:]); ok && r.Cloud == region.AWS {
		return r.Name
	}
	return ""
}
