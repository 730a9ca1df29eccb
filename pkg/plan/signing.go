package plan

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/region"
)

// signatures warns of AWS endpoints in several regions while nobody says who signs: the SDK's signature names one region.
func (b *builder) signatures() {
	if s := b.spec.Signing; s != nil && (s.AWS != nil || s.ClientSends != "") || b.kinds.http == 0 {
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
				"if requests carry no signature, say signing: {clientSends: Unsigned}; otherwise failover needs a hop that signs")
			return
		}
	}
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
