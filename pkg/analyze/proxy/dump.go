// Package proxy judges what an Envoy itself says that it has: its config dump and, if given, its clusters with the hosts
// behind every name. Whatever objects and istiod meant, this is what requests meet.
//
// It reads Envoy's JSON by its own few structs, so that Envoy's types are not linked, and imports diag only. Start reading
// at Read, then at Judge.
package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Dump is what was read of one proxy.
type Dump struct {
	Name     string // where it is from
	Node     Node
	Clusters []Cluster
	// Hosts are those that the proxy knows now, by cluster: a name may stand for several. Empty if they were not given.
	Hosts     map[string][]Host
	endpoints map[string]assignment
}

// Node is the proxy.
type Node struct {
	ID       string   `json:"id"`
	Locality locality `json:"locality"`
}

type locality struct {
	Region string `json:"region"`
	Zone   string `json:"zone"`
}

// Host is one address of a cluster.
type Host struct {
	Priority int `json:"priority"`
}

// Cluster is the part of a cluster that a failover is made of.
type Cluster struct {
	Name           string     `json:"name"`
	Type           string     `json:"type"`
	ConnectTimeout string     `json:"connect_timeout"`
	Detection      *detection `json:"outlier_detection"`
	Checks         []check    `json:"health_checks"`
	Load           assignment `json:"load_assignment"`
	Socket         socket     `json:"transport_socket"`
	Matches        []struct {
		Socket socket `json:"transport_socket"`
	} `json:"transport_socket_matches"`
	Common struct {
		ByWeight json.RawMessage `json:"locality_weighted_lb_config"`
	} `json:"common_lb_config"`
	Options map[string]struct {
		Upstream struct {
			SNI bool `json:"auto_sni"`
			SAN bool `json:"auto_san_validation"`
		} `json:"upstream_http_protocol_options"`
	} `json:"typed_extension_protocol_options"`
}

type detection struct {
	Percent *int `json:"max_ejection_percent"`
	Always  bool `json:"always_eject_one_host"`
}

type check struct {
	HTTP *struct {
		Host string `json:"host"`
	} `json:"http_health_check"`
}

type assignment struct {
	Name   string  `json:"cluster_name"`
	Groups []group `json:"endpoints"`
}

type group struct {
	Locality  locality          `json:"locality"`
	Priority  int               `json:"priority"`
	Weight    int               `json:"load_balancing_weight"`
	Endpoints []json.RawMessage `json:"lb_endpoints"`
}

type socket struct {
	Name   string `json:"name"`
	Config struct {
		SNI       string `json:"sni"`
		HostSNI   bool   `json:"auto_host_sni"`
		HostNames bool   `json:"auto_sni_san_validation"`
		Common    struct {
			Combined struct {
				Default validation `json:"default_validation_context"`
			} `json:"combined_validation_context"`
			Plain validation `json:"validation_context"`
		} `json:"common_tls_context"`
	} `json:"typed_config"`
}

type validation struct {
	Names      []json.RawMessage `json:"match_typed_subject_alt_names"`
	OlderNames []json.RawMessage `json:"match_subject_alt_names"`
}

// section is one part of a config dump, of any kind.
type section struct {
	Static []struct {
		Cluster Cluster `json:"cluster"`
	} `json:"static_clusters"`
	Active []struct {
		Cluster Cluster `json:"cluster"`
	} `json:"dynamic_active_clusters"`
	Endpoints []struct {
		Config assignment `json:"endpoint_config"`
	} `json:"dynamic_endpoint_configs"`
	Bootstrap struct {
		Node Node `json:"node"`
	} `json:"bootstrap"`
}

// Read adds a config dump, or the clusters in JSON (/clusters?format=json), to what is known of a proxy.
func (d *Dump) Read(data []byte) error {
	var file struct {
		Configs  []json.RawMessage `json:"configs"`
		Statuses []struct {
			Name  string `json:"name"`
			Hosts []Host `json:"host_statuses"`
		} `json:"cluster_statuses"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	if len(file.Configs)+len(file.Statuses) == 0 {
		return errors.New("it is neither a config dump (/config_dump?include_eds) nor clusters in JSON (/clusters?format=json)")
	}
	for i, raw := range file.Configs {
		if err := d.section(raw); err != nil {
			return fmt.Errorf("reading part %d of the config dump: %w", i+1, err)
		}
	}
	for _, s := range file.Statuses {
		if d.Hosts == nil {
			d.Hosts = map[string][]Host{}
		}
		d.Hosts[s.Name] = s.Hosts
	}
	return nil
}

func (d *Dump) section(raw json.RawMessage) error {
	var kind struct {
		Type string `json:"@type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return err //nolint:wrapcheck // the caller says which part it is
	}
	known := false
	for _, name := range []string{"ClustersConfigDump", "EndpointsConfigDump", "BootstrapConfigDump"} {
		known = known || strings.HasSuffix(kind.Type, name)
	}
	if !known {
		return nil
	}
	var s section
	if err := json.Unmarshal(raw, &s); err != nil {
		return err //nolint:wrapcheck // the caller says which part it is
	}
	for _, c := range s.Static {
		d.Clusters = append(d.Clusters, c.Cluster)
	}
	for _, c := range s.Active {
		d.Clusters = append(d.Clusters, c.Cluster)
	}
	if node := s.Bootstrap.Node; node.ID != "" {
		if d.Node.ID != "" && d.Node.ID != node.ID {
			return fmt.Errorf("it is of %s, and what was read before of %s: look at one proxy at a time", node.ID, d.Node.ID)
		}
		d.Node = node
	}
	for _, e := range s.Endpoints {
		if d.endpoints == nil {
			d.endpoints = map[string]assignment{}
		}
		d.endpoints[e.Config.Name] = e.Config
	}
	return nil
}

// Parse reads the parts of one proxy's dump.
func Parse(name string, parts ...[]byte) (*Dump, error) {
	d := &Dump{Name: name}
	for _, p := range parts {
		if err := d.Read(p); err != nil {
			return nil, err
		}
	}
	if len(d.Clusters) == 0 {
		return nil, errors.New("there is no cluster in it: give the config dump (/config_dump?include_eds) too")
	}
	return d, nil
}

// outbound are the clusters that lead out: those of failovers are among them.
func (d *Dump) outbound() []*Cluster {
	var out []*Cluster
	for i := range d.Clusters {
		if c := &d.Clusters[i]; strings.HasPrefix(c.Name, "outbound|") {
			out = append(out, c)
		}
	}
	return out
}

// groups are the endpoints of a cluster by place: its own, or those that came apart from it.
func (d *Dump) groups(c *Cluster) []group {
	if len(c.Load.Groups) > 0 {
		return c.Load.Groups
	}
	return d.endpoints[c.Name].Groups
}

// Unseen is how many clusters have endpoints that are not in the dump: Envoy leaves them out unless asked for them.
func (d *Dump) Unseen() int {
	n := 0
	for _, c := range d.outbound() {
		if _, seen := d.endpoints[c.Name]; c.Type == "EDS" && !seen {
			n++
		}
	}
	return n
}
