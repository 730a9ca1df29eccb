package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX021", Name: "aws-signatures", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "AWS signatures break in the second region",
		Why: "The SDK signs for one region, and the signature covers region and Host. After a failover every request is " +
			"answered 400 or 403, which looks healthy: nothing is ejected and nothing retried.",
		Fix: "sign again for each region behind the sidecar, or let the application choose the region; if requests carry " +
			"no signature, annotate the ServiceEntry with spillway.dev/client-sends: Unsigned, or say so in the spec that it is " +
			"generated from",
		Check: checkAWSSignatures,
	})
}

// awsRegional is a regional endpoint of an AWS service that takes signed requests.
var awsRegional = regexp.MustCompile(`^(?:[a-z0-9.-]+\.)?[a-z0-9-]+\.([a-z]{2}(?:-[a-z]+)+-[0-9])\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws|vpce\.amazonaws\.com)$`)

// unsigned are services below such names that speak other protocols or take requests without a signature.
var unsigned = regexp.MustCompile(`(^|\.)(elb|rds|cache|compute|email-smtp|elasticmapreduce|execute-api|emr|iot)\.`)

func checkAWSSignatures(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		entry := h.Entry()
		if sentUnsigned(entry.Object) || !slices.ContainsFunc(h.Ports, carriesRequests) {
			continue
		}
		var regions []string
		for _, e := range h.Endpoints {
			if m := awsRegional.FindStringSubmatch(strings.ToLower(e.Address)); m != nil && !unsigned.MatchString(e.Address) && !slices.Contains(regions, m[1]) {
				regions = append(regions, m[1])
			}
		}
		if len(regions) > 1 && !signed(p, h) {
			p.Report(entry.Object, "spec.endpoints", "a request that the AWS SDK signed for one of %s is refused by the others", analyze.List(regions))
		}
	}
}

// sentUnsigned says whether requests carry no signature, by an annotation for hand-written objects, or by the spec that a
// generated object carries.
func sentUnsigned(o *manifest.Object) bool {
	if strings.EqualFold(o.Annotations["spillway.dev/client-sends"], "unsigned") {
		return true
	}
	var spec struct {
		Signing struct{ ClientSends string }
	}
	err := json.Unmarshal([]byte(o.Annotations["spillway.dev/spec"]), &spec)
	return err == nil && spec.Signing.ClientSends == "Unsigned"
}

// carriesRequests says whether a port is for HTTP, in the open or within the application's TLS.
func carriesRequests(p mesh.Port) bool { return p.Protocol.IsHTTP() || p.Protocol == "HTTPS" }

// signed says whether EnvoyFilters sign all requests to the host on their way, in the sidecars of all clients: what signs for
// another host, or at a gateway, changes nothing for these.
func signed(p *analyze.Pass, h *mesh.Host) bool {
	some := false
	for _, c := range p.Clusters() {
		if !c.Host.Is(h) || !c.Used() || !carriesRequests(c.Port) {
			continue
		}
		if !c.Port.Protocol.IsHTTP() || !slices.ContainsFunc(c.RequestPatches(), signs) { // within the application's TLS nothing can
			return false
		}
		some = true
	}
	return some
}

func signs(patch mesh.Patch) bool {
	found := false
	eachField(patch.Value, func(v manifest.Value) { found = found || strings.Contains(v.Text(), "aws_request_signing") })
	return found
}
