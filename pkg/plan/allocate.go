package plan

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// hashTries is how often a default address is hashed before the next free one in line is taken: enough that a range
// half full is hit, and few enough that a full one is noticed at once.
const hashTries = 32

// ObjectOf names a spec in diagnostics.
func ObjectOf(spec *v1alpha1.ExternalFailover) string {
	return "ExternalFailover " + spec.Namespace + "/" + spec.Name
}

// Allocate gives every spec its virtual addresses: first those that specs ask for, then, in order of namespace and
// name, the first free of hash(namespace/name, 0), hash(namespace/name, 1), … in the platform's range. So a new spec
// seldom moves the address of another one. Each diagnostic's Object says which spec it is about (ObjectOf).
func Allocate(specs []*v1alpha1.ExternalFailover, platform Platform) (map[types.NamespacedName][]string, diag.List) {
	a := allocator{
		platform: platform,
		taken:    make(map[netip.Addr]string, len(specs)),
		out:      make(map[types.NamespacedName][]string, len(specs)),
	}
	ordered := slices.Clone(specs)
	slices.SortStableFunc(ordered, func(a, b *v1alpha1.ExternalFailover) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range ordered {
		if len(s.Spec.Addresses) > 0 {
			a.explicit(s)
		}
	}
	for _, s := range ordered {
		if len(s.Spec.Addresses) == 0 {
			a.byHash(s)
		}
	}
	return a.out, a.diags
}

type allocator struct {
	platform Platform
	taken    map[netip.Addr]string // by namespace/name
	out      map[types.NamespacedName][]string
	diags    diag.List
}

func (a *allocator) explicit(s *v1alpha1.ExternalFailover) {
	owner := s.Namespace + "/" + s.Name
	at := field.NewPath("spec", "addresses")
	var diags diag.List
	for i, text := range s.Spec.Addresses {
		addr, err := netip.ParseAddr(text)
		if err != nil || !addr.Is4() {
			diags.Errorf(at.Index(i), codeAddress, "%q is no IPv4 address", text).WithHint(
				"leave addresses out: one is chosen from %s", a.platform.VIPs)
			continue
		}
		if first, ok := a.taken[addr]; ok {
			diags.Errorf(at.Index(i), codeAddress, "the address %s already belongs to %s", addr, first).WithHint(
				"give each its own, or leave addresses out: one is chosen from %s", a.platform.VIPs)
			continue
		}
		if istioVIPs().Contains(addr) {
			diags.Warnf(at.Index(i), codeAddress, "%s is in %s, from which Istio itself gives addresses away", addr,
				istioVIPs()).WithHint("take one from %s", a.platform.VIPs)
		}
		a.taken[addr] = owner
	}
	key := NameOf(s)
	if !diags.HasErrors() {
		a.out[key] = slices.Clone(s.Spec.Addresses)
	}
	a.diags = append(a.diags, diags.About(ObjectOf(s))...)
}

func (a *allocator) byHash(s *v1alpha1.ExternalFailover) {
	key := NameOf(s)
	if _, ok := a.out[key]; ok {
		return // a second spec of the name, which Together refuses
	}
	addr, ok := a.free(s.Namespace, s.Name)
	if !ok {
		var diags diag.List
		diags.Errorf(field.NewPath("spec", "addresses"), codeAddress, "no address is left in %s", a.platform.VIPs).
			WithHint("the platform team must widen vipCIDR, or set spec.addresses")
		a.diags = append(a.diags, diags.About(ObjectOf(s))...)
		return
	}
	a.taken[addr] = s.Namespace + "/" + s.Name
	a.out[key] = []string{addr.String()}
}

// free finds the address; the first and the last of the range are not used, some systems treat them specially.
func (a *allocator) free(namespace, name string) (netip.Addr, bool) {
	if !a.platform.VIPs.IsValid() {
		return netip.Addr{}, false
	}
	room := uint32(1)<<(32-a.platform.VIPs.Bits()) - 2
	start := uint32(0)
	for try := range hashTries {
		at := vipHash(namespace, name, try) % room
		if try == 0 {
			start = at
		}
		if addr := a.at(at); a.taken[addr] == "" {
			return addr, true
		}
	}
	for i := range min(room, uint32(len(a.taken))+1) { // one more than are taken cannot all be taken
		if addr := a.at((start + i) % room); a.taken[addr] == "" {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

// at is the address with an index in the range.
func (a *allocator) at(index uint32) netip.Addr {
	b := a.platform.VIPs.Masked().Addr().As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n += index + 1
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func vipHash(namespace, name string, try int) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%s#%d", namespace, name, try) // a hash never fails to write
	return h.Sum32()
}

// NameOf is the key under which Allocate keeps a spec's addresses.
func NameOf(spec *v1alpha1.ExternalFailover) types.NamespacedName {
	return types.NamespacedName{Namespace: spec.Namespace, Name: spec.Name}
}
