// Package analyze finds failovers that only look like failovers. It reads any objects, ours and hand-written ones, works
// out what they mean to the proxies (package mesh), and asks every rule about it.
//
// # How to write a rule
//
// A rule is one file of package rules, fx107_what_it_is.go, and one case, testdata/fx107.txtar. The file adds a Rule:
//
//	func init() {
//		add(analyze.Rule{
//			Code: "FX107", Name: "what-it-is", Severity: diag.Error,
//			Inputs:  analyze.Kinds{"DestinationRule"},   // without any object of these kinds the rule is not asked
//			Summary: "what is wrong, in a few words",
//			Why:     "what it leads to, and how that was seen",
//			Fix:     "what to do",
//			Check:   checkWhatItIs,
//		})
//	}
//
// and a function that is handed a Pass:
//
//	func checkWhatItIs(p *analyze.Pass) {
//		for _, c := range p.Clusters() {                 // host × port × the rules in force for some clients
//			od := c.OutlierDetection()                   // after portLevelSettings, subsets, merging, the mesh's defaults
//			if od == nil || !c.IsFailover() {
//				continue
//			}
//			o, path := c.Policy.OutlierDetection.At()    // where the block stands: an object and a field path
//			p.Report(o, path+".interval", "what is wrong with %s", c).WithHint("what to do about this one")
//		}
//	}
//
// What a rule finds in a Pass: Clusters (start here), Hosts, Snapshot (all objects; Typed ones with a Go spec, others as
// manifest.Value trees), ClientRegions, Versions, Mesh and MeshKnown. A Cluster knows its Policy block by block with the
// place of each, Tiers for a client of a region, TLS Names, Routes, ClusterPatches, RoutePatches, IsFailover. Where what a
// rule needs is not there, it calls p.Unknown(what) and says nothing else: that is told once in a run. The same finding
// about the same place is told once, however many clients it concerns. A path may name a field that is not there: the
// finding then points at the nearest one around it. Severity is the rule's, unless the finding's own As says less.
//
// The case holds -- bad.yaml --, -- want -- (the findings of this rule, written by go test -update) and -- good.yaml --,
// which is silent under all rules, apart from notes that inputs are unknown. Flags of the run can stand in the comment
// above, as lines such as `client-regions: us-east1,europe-west1`, `istio-version: 1.29`.
//
// The package imports manifest, mesh, diag and load; rules imports it, and nothing here knows a rule. Start reading at
// Rule, then at Run.
package analyze
