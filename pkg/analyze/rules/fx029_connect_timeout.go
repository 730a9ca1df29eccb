package rules

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX029", Name: "connect-timeout", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a region that swallows packets is waited for too long",
		Why: "A dead network answers nothing. Each new connection into it waits for connectTimeout, 10 s unless set, and so does " +
			"each retry and each address. Seen live: half of the requests took 2.7 s and some 10 s, with ejection working.",
		Fix:   "set connectionPool.tcp.connectTimeout between 500ms and 2s",
		Check: checkConnectTimeout,
	})
}

// longestConnect is what a failover still bears.
const longestConnect = 3 * time.Second

func checkConnectTimeout(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		timeout, set := c.ConnectTimeout()
		if !c.IsFailover() || !c.Used() || timeout <= longestConnect || c.Patched("connect_timeout").Exists() {
			continue
		}
		o, path := c.Policy.ConnectionPool.At()
		if o == nil {
			o, path = c.Where("")
			path += ".connectionPool"
		}
		const field = ".tcp.connectTimeout"
		if set {
			p.Report(o, path+field, "%s waits %s for a region that swallows packets", c, timeout).Set(path+field, "1s")
			continue
		}
		p.Report(o, path+field, "%s waits 10s for a region that swallows packets: connectTimeout is not set", c).Set(path+field, "1s")
	}
}
