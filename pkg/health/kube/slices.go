package kube

import (
	"encoding/json"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// serviceLabel says of an EndpointSlice whose it is.
const serviceLabel = "kubernetes.io/service-name"

// slice is what is known of an EndpointSlice.
type slice struct {
	service   string
	endpoints []endpoint
}

// endpoint is one that is not terminating.
type endpoint struct {
	who     string // one for both addresses of a pod with two
	address netip.Addr
	ready   bool
}

// keepSlice reads an EndpointSlice. Pods that end are left out: during every rolling update they would count as not ready.
func keepSlice(raw json.RawMessage) (slice, error) {
	s, err := into[struct {
		object

		Endpoints []struct {
			Addresses  []string `json:"addresses"`
			Conditions struct {
				Ready       *bool `json:"ready"`
				Terminating *bool `json:"terminating"`
			} `json:"conditions"`
			TargetRef *struct {
				Namespace string `json:"namespace"`
				Name      string `json:"name"`
				UID       string `json:"uid"`
			} `json:"targetRef"`
		} `json:"endpoints"`
	}](raw)
	if err != nil {
		return slice{}, err
	}
	out := slice{service: s.Labels[serviceLabel], endpoints: make([]endpoint, 0, len(s.Endpoints))}
	for _, e := range s.Endpoints {
		if t := e.Conditions.Terminating; t != nil && *t || len(e.Addresses) == 0 {
			continue
		}
		next := endpoint{ready: e.Conditions.Ready == nil || *e.Conditions.Ready, who: e.Addresses[0]}
		next.address, _ = netip.ParseAddr(e.Addresses[0]) // a name is no address, and counts all the same
		switch t := e.TargetRef; {
		case t != nil && t.UID != "":
			next.who = t.UID
		case t != nil && t.Name != "":
			next.who = t.Namespace + "/" + t.Name
		}
		out.endpoints = append(out.endpoints, next)
	}
	return out, nil
}

// count adds up the slices of each service. A pod in several of them, for its second address or while it moves from one
// to another, counts once, and is ready if any says so.
func count(all map[string]slice) map[string]probe.Endpoints {
	pods := map[string]map[string]bool{}
	for _, s := range all {
		if pods[s.service] == nil {
			pods[s.service] = map[string]bool{}
		}
		for _, e := range s.endpoints {
			pods[s.service][e.who] = pods[s.service][e.who] || e.ready
		}
	}
	out := map[string]probe.Endpoints{}
	for service, ready := range pods {
		e := probe.Endpoints{Exists: true, All: len(ready)}
		for _, r := range ready {
			if r {
				e.Ready++
			}
		}
		out[service] = e
	}
	return out
}

// siblings are the URLs of the other replicas, one for each: of two addresses that of the own family, else the first.
func siblings(all map[string]slice, own netip.Addr, port int) []string {
	addresses := map[string][]netip.Addr{}
	for _, s := range all {
		for _, e := range s.endpoints {
			if e.address.IsValid() {
				addresses[e.who] = append(addresses[e.who], e.address.Unmap())
			}
		}
	}
	urls := map[string]bool{}
	for _, list := range addresses {
		if slices.Contains(list, own) {
			continue
		}
		slices.SortFunc(list, netip.Addr.Compare)
		best := list[0]
		if i := slices.IndexFunc(list, func(a netip.Addr) bool { return own.IsValid() && a.Is4() == own.Is4() }); i >= 0 {
			best = list[i]
		}
		urls["http://"+net.JoinHostPort(best.String(), strconv.Itoa(port))] = true
	}
	return slices.Sorted(maps.Keys(urls))
}
