package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX035", Name: "detection-of-the-mesh", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "outlier detection of the mesh gives fixed addresses no order",
		Why: "istiod orders endpoints that it sends itself (resolution STATIC) only where the DestinationRule " +
			"has outlierDetection. With the mesh's alone endpoints are ejected, but clients use all regions at " +
			"once.",
		Fix:   "write outlierDetection into the DestinationRule of the host",
		Check: checkDetectionOfTheMesh,
	})
}

func checkDetectionOfTheMesh(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		own := c.Policy.OutlierDetection
		if c.Host.IsDNS() || !c.Used() || own.Value == nil || own.Object != nil || len(c.Host.Regions()) < 2 || c.LocalityLB() == nil {
			continue
		}
		o, path := c.Where("")
		p.Report(o, path, "clients use all regions of %s at once: only the mesh configuration has outlierDetection for it", c)
	}
}
