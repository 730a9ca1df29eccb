package mesh

// Waypoint is the waypoint that stands before a host for ambient clients, "" if none.
func (m *Model) Waypoint(h *Host) string {
	const label = "istio.io/use-waypoint"
	name, own := h.Entry().Labels[label]
	if !own {
		labels, _ := m.NamespaceLabels(h.Namespace)
		name = labels[label]
	}
	if name == "none" {
		return ""
	}
	return name
}
