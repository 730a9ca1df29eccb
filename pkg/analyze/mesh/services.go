package mesh

import "github.com/spillway-mesh/spillway/pkg/analyze/manifest"

// Services are the VirtualServices that cover the host or lead to it, for the cluster's clients.
func (c *Cluster) Services() []*manifest.VirtualService {
	return c.model.routesOf(c.Host.Name, c.Clients[0])
}
