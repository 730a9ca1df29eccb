package healthroutes

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// checks writes a check on as many lines as it has settings of its own, and leaves out what the health server fills in.
func checks(all []plan.HealthCheck) any {
	if len(all) == 0 {
		return nil
	}
	out := make(render.List, 0, len(all))
	for _, c := range all {
		out = append(out, set(render.Map{
			kv("name", c.Name), kv("importance", c.Importance), kv("weight", c.Weight), kv("shared", yes(c.Shared)), kindOf(&c),
		}))
	}
	return out
}

// kindOf is the one kind of a check that is set.
func kindOf(c *plan.HealthCheck) render.Field {
	switch {
	case c.HTTP != nil:
		return kv("http", httpCheck(c.HTTP))
	case c.GRPC != nil:
		x := c.GRPC
		return kv("grpc", set(render.Map{kv("address", x.Address), kv("service", text(x.Service)), kv("tls", yes(x.TLS)), kv("host", text(x.Host))}))
	case c.TCP != nil:
		return kv("tcp", render.Map{kv("address", c.TCP.Address)})
	case c.Service != nil:
		x := c.Service
		return kv("service", set(render.Map{kv("name", x.Name), kv("namespace", text(x.Namespace)), kv("minReady", number(x.MinReady))}))
	case c.Failover != nil:
		x := c.Failover
		return kv("externalFailover", set(render.Map{kv("name", x.Name), kv("namespace", text(x.Namespace)), kv("via", text(x.Via))}))
	case c.Certificate != nil:
		x := c.Certificate
		return kv("certificate", set(render.Map{kv("address", x.Address), kv("serverName", text(x.ServerName)), kv("minDays", number(x.MinDays))}))
	case c.Prometheus != nil:
		x := c.Prometheus
		return kv("prometheus", set(render.Map{kv("url", x.URL), kv("query", x.Query), kv("above", text(x.Above)), kv("below", text(x.Below))}))
	default:
		return render.Field{}
	}
}

func httpCheck(x *plan.HTTPCheck) render.Map {
	m := render.Map{kv("url", x.URL), kv("method", text(x.Method)), kv("host", text(x.Host))}
	if len(x.Headers) > 0 {
		m = append(m, kv("headers", x.Headers))
	}
	if len(x.Expect) > 0 {
		codes := make(render.Flow, len(x.Expect))
		for i, code := range x.Expect {
			codes[i] = code
		}
		m = append(m, kv("expect", codes))
	}
	return set(append(m, kv("body", text(x.Body))))
}

// set drops the fields that have no value.
func set(m render.Map) render.Map {
	return slices.DeleteFunc(m, func(f render.Field) bool { return f.Value == nil })
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func number(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

func yes(b bool) any {
	if !b {
		return nil
	}
	return true
}
