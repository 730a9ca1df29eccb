package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX049", Name: "dead-connections", Severity: diag.Note,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "connections into a dead region are kept for an hour",
		Why: "A region that goes dark closes nothing. Without tcpKeepalive the proxy does not notice, and " +
			"without idleTimeout it keeps idle connections for an hour: requests are sent into them and wait " +
			"for their timeout.",
		Fix: "set connectionPool.tcp.tcpKeepalive, such as {time: 30s, interval: 5s, probes: 3}, and " +
			"http.idleTimeout",
		Check: checkDeadConnections,
	})
}

func checkDeadConnections(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		pool := c.Policy.ConnectionPool.Value
		if !c.IsFailover() || !c.Used() || pool.GetTcp().GetTcpKeepalive() != nil || pool.GetHttp().GetIdleTimeout() != nil ||
			p.Mesh.GetTcpKeepalive() != nil || pool.GetTcp().GetIdleTimeout() != nil {
			continue
		}
		o, path := c.Where("")
		p.Report(o, path+".connectionPool.tcp.tcpKeepalive", "nothing notices that connections to %s are dead", c)
	}
}
