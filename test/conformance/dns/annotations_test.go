package dns_test

import (
	"regexp"
	"slices"
	"testing"

	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/external-dns/source/annotations"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/target/externaldns"
)

// annotated are the annotations that the script of a cluster puts on its object.
func annotated(t *testing.T, domain, cluster, options string) map[string]string {
	t.Helper()
	spec := "apiVersion: spillway.dev/v1alpha1\nkind: ClusterFailover\nmetadata: {name: shop, namespace: edge}\nspec:\n" +
		"  hosts: [shop." + domain + "]\n  clusters: [" + withRoles + "]\n  health: {peerKeys: {secret: {name: keys}}}\n" +
		"  edge: [{type: ExternalDNS, options: " + options + "}]\n"
	loaded, diags := load.Bytes("fleet.yaml", []byte(spec))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f, diags := compile.Fleet(loaded.Fleets[0].Object)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	files, err := externaldns.New().Files(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		if file.Cluster != cluster {
			continue
		}
		for _, pair := range regexp.MustCompile(`'([^'=]+)=([^']*)'`).FindAllStringSubmatch(file.Content, -1) {
			out[pair[1]] = pair[2]
		}
	}
	return out
}

// sourced does what every source of external-dns does with the annotations of an object and its address.
func sourced(all map[string]string, address string) []*endpoint.Endpoint {
	var out []*endpoint.Endpoint
	properties, id := annotations.ProviderSpecificAnnotations(all)
	for _, host := range annotations.HostnamesFromAnnotations(all) {
		e := endpoint.NewEndpointWithTTL(host, endpoint.RecordTypeA, annotations.TTLFromAnnotations(all, "test"), address)
		e.ProviderSpecific, e.SetIdentifier = slices.Clone(properties), id
		out = append(out, e)
	}
	return out
}

// TestAnnotations: external-dns' own code reads the annotations, by the prefix of its version, and writes the records that
// were meant.
func TestAnnotations(t *testing.T) {
	for version, prefix := range map[string]string{"0.21.0": "external-dns.alpha.kubernetes.io/", "0.22.0": annotations.DefaultAnnotationPrefix} {
		t.Run(version, func(t *testing.T) {
			annotations.SetAnnotationPrefix(prefix)
			h := newZone(t, "v"+version+".example")
			options := "{version: " + version + ", " + makeChecks(t, h, withRoles, "") + "}"
			blue, green := newController(t, h.name, "shop-blue", "upsert-only"), newController(t, h.name, "shop-green", "upsert-only")
			atBlue := sourced(annotated(t, h.name, "blue", options), "203.0.113.10")
			atGreen := sourced(annotated(t, h.name, "green", options), "203.0.113.20")
			blue.round(t, atBlue)
			green.round(t, atGreen)
			h.holds(t, "shop A shop-blue PRIMARY 30s 203.0.113.10 check=10shop."+h.name, "shop A shop-green SECONDARY 30s 203.0.113.20 check=20shop."+h.name)
			blue.settled(t, atBlue)
			green.settled(t, atGreen)

			other := "{version: 0.21.0}" // the negative control: of the other prefix nothing is read
			if version == "0.21.0" {
				other = "{version: 0.22.0}"
			}
			if read := sourced(annotated(t, h.name, "blue", other), "203.0.113.10"); len(read) > 0 {
				t.Errorf("annotations of the other prefix are read: %v", read)
			}
		})
	}
}
