package test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	networking "istio.io/api/networking/v1alpha3"
)

// sampleNames are the folders below samples/.
func sampleNames(t *testing.T) []string {
	t.Helper()
	specs, err := filepath.Glob("../samples/*/failover.yaml")
	if err != nil || len(specs) < 8 {
		t.Fatalf("%d samples found, want 8 or more (%v)", len(specs), err)
	}
	var names []string
	for _, spec := range specs {
		names = append(names, filepath.Base(filepath.Dir(spec)))
	}
	return names
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// folder reads the files of a folder by name.
func folder(t *testing.T, path string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".yaml") {
			files[entry.Name()] = read(t, filepath.Join(path, entry.Name()))
		}
	}
	return files
}

// objects decodes what was generated for a sample, in the order of the file names.
func objects(t *testing.T, sample string) []object {
	t.Helper()
	files := folder(t, filepath.Join("../samples", sample, "generated"))
	var all []object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		o, err := decode(files[name])
		if err != nil {
			t.Fatalf("samples/%s/generated/%s: %v", sample, name, err)
		}
		all = append(all, o)
	}
	return all
}

// TestSamplesAreGenerated compares what is committed with what the command line writes now.
func TestSamplesAreGenerated(t *testing.T) {
	t.Parallel()
	binary := spillway(t)
	run := func(t *testing.T, args ...string) []byte {
		t.Helper()
		var problems bytes.Buffer
		command := exec.CommandContext(t.Context(), binary, args...)
		command.Dir, command.Stderr = "..", &problems
		out, err := command.Output()
		if err != nil {
			t.Fatalf("spillway %s: %v\n%s", strings.Join(args, " "), err, problems.String())
		}
		return out
	}
	for _, name := range sampleNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, fresh := "samples/"+name+"/failover.yaml", t.TempDir()
			run(t, "generate", "-f", spec, "-d", fresh)
			now, committed := folder(t, fresh), folder(t, filepath.Join("../samples", name, "generated"))
			for file, text := range now {
				if !bytes.Equal(text, committed[file]) {
					t.Errorf("samples/%s/generated/%s is not what generate writes: run make generate", name, file)
				}
			}
			for file := range committed {
				if now[file] == nil {
					t.Errorf("samples/%s/generated/%s is written by nobody: run make generate", name, file)
				}
			}
			picture := read(t, filepath.Join("../samples", name, "tiers.svg"))
			if !bytes.Equal(run(t, "explain", "-f", spec, "-o", "svg"), picture) {
				t.Errorf("samples/%s/tiers.svg is not what explain -o svg writes: run make generate", name)
			}
		})
	}
}

// TestSamplesReadLikeOneAnother holds the pages and specs to their form.
func TestSamplesReadLikeOneAnother(t *testing.T) {
	t.Parallel()
	index := string(read(t, "../samples/README.md"))
	for _, name := range sampleNames(t) {
		page := string(read(t, filepath.Join("../samples", name, "README.md")))
		last := -1
		for _, section := range []string{
			"](tiers.svg)", "](failover.yaml)", "](generated/)",
			"\n## What it protects from\n", "\n## What the application changes\n", "\n## Try a failure\n", "\n## What it cannot do\n",
		} {
			if where := strings.Index(page, section); where <= last {
				t.Errorf("samples/%s/README.md: %q is missing or out of order", name, strings.TrimSpace(section))
			} else {
				last = where
			}
		}
		if lines := strings.Count(page, "\n"); lines > 70 {
			t.Errorf("samples/%s/README.md has %d lines; it should be half a page", name, lines)
		}
		if lines := bytes.Count(read(t, filepath.Join("../samples", name, "failover.yaml")), []byte("\n")); lines > 30 {
			t.Errorf("samples/%s/failover.yaml has %d lines, at most 30", name, lines)
		}
		if !strings.Contains(index, "]("+name+"/README.md)") {
			t.Errorf("samples/README.md does not lead to %s", name)
		}
		if strings.HasPrefix(name, "dynamodb") {
			sentence := strings.SplitN(strings.SplitN(page, "\n\n", 3)[1], ". ", 3)[1]
			if !strings.Contains(strings.ReplaceAll(sentence, "\n", " "), "signs its requests needs a hop that signs for each region") {
				t.Errorf("samples/%s/README.md: the second sentence must say what a signing client needs, not %q", name, sentence)
			}
		}
	}
}

// TestSamplesAreSafe states from the outside what must be true of everything that is generated.
func TestSamplesAreSafe(t *testing.T) {
	t.Parallel()
	for _, name := range sampleNames(t) {
		all := objects(t, name)
		if len(all) < 3 {
			t.Errorf("samples/%s/generated has %d objects", name, len(all))
		}
		for _, problem := range unsafe(all) {
			t.Errorf("samples/%s: %s", name, problem)
		}
	}
}

// TestSampleTriesCanBeTakenBack wants each "Try a failure" to change what is applied, and only in objects that the repair
// writes again: an object of its own would stay behind.
func TestSampleTriesCanBeTakenBack(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for _, name := range sampleNames(t) {
		committed := folder(t, filepath.Join("../samples", name, "generated"))
		tries := triesOf(t, name)
		if len(tries) == 0 {
			t.Errorf("samples/%s/README.md: nothing is broken under \"Try a failure\"", name)
		}
		for _, try := range tries {
			out, err := r.run(try)
			if err != nil {
				t.Errorf("samples/%s: %s: %v\n%s", name, try, err, out)
			}
			if problem := takenBack(out, slices.Collect(maps.Values(committed))); problem != "" {
				t.Errorf("samples/%s: %s: %s", name, try, problem)
			}
		}
	}
}

// triesOf are the commands of a sample's page that generate from a broken spec, without the part that applies it and
// without what goes to stderr.
func triesOf(t *testing.T, name string) []string {
	t.Helper()
	page := "samples/" + name + "/README.md"
	fenced, _, _ := blocks(document{path: page, text: string(read(t, filepath.Join("..", page)))})
	var tries []string
	for _, b := range fenced {
		if !strings.HasPrefix(b.info, "console") {
			continue
		}
		all, _ := commands(b)
		for _, c := range all {
			if stages := pipeline(c.shell); len(stages) == 3 && kindOf(stages[0]) == local && kindOf(stages[2]) == needsCluster {
				tries = append(tries, stages[0]+" | "+stages[1]+" 2>/dev/null")
			}
		}
	}
	return tries
}

// takenBack says what keeps the objects of a broken spec from being taken back by those that are committed.
func takenBack(broken string, committed [][]byte) string {
	names, texts := map[string]bool{}, map[string]bool{}
	for _, text := range committed {
		o, err := decode(text)
		if err != nil {
			return err.Error()
		}
		names[o.Kind+" "+o.Namespace+"/"+o.Name] = true
		texts[strings.TrimSpace(string(text))] = true
	}
	same := true
	for text := range strings.SplitSeq(broken, "\n---\n") {
		o, err := decode([]byte(text))
		if err != nil {
			return err.Error()
		}
		if id := o.Kind + " " + o.Namespace + "/" + o.Name; !names[id] {
			return id + " would stay behind"
		}
		same = same && texts[strings.TrimSpace(text)]
	}
	if same {
		return "nothing is broken"
	}
	return ""
}

// TestTakenBackFinds is the negative control of TestSampleTriesCanBeTakenBack.
func TestTakenBackFinds(t *testing.T) {
	t.Parallel()
	const entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, namespace: b}\nspec:\n  hosts: [a.internal]\n"
	committed := [][]byte{[]byte(entry)}
	if got := takenBack(entry, committed); got != "nothing is broken" {
		t.Errorf("an unchanged object: %q", got)
	}
	if got := takenBack(strings.Replace(entry, "name: a", "name: c", 1), committed); got != "ServiceEntry b/c would stay behind" {
		t.Errorf("a further object: %q", got)
	}
	if got := takenBack(strings.Replace(entry, "a.internal", "c.internal", 1), committed); got != "" {
		t.Errorf("a changed object: %q", got)
	}
}

// TestSampleClientsAreOrdered wants every client region of a spec to be told apart by what is generated.
func TestSampleClientsAreOrdered(t *testing.T) {
	t.Parallel()
	for name, regions := range map[string][]string{
		"dynamodb-http": {"us-east1", "us-west1"}, "dynamodb-tls": {"us-east1"}, "grpc-api": {"us-central1"},
		"partner-mtls": {"asia-northeast1"}, "privatelink": {"us-east1", "us-west1"}, "several-ports": {"us-east1", "us-west1"},
		"tcp-database": {"europe-west1"}, "three-regions": {"us-east1", "europe-west1", "europe-west4"},
	} {
		said := regionsSaid(objects(t, name))
		for _, region := range regions {
			if !said[region] {
				t.Errorf("samples/%s: nothing generated speaks of clients in %s", name, region)
			}
		}
	}
}

// regionsSaid are the client regions that the objects order endpoints for.
func regionsSaid(all []object) map[string]bool {
	said := map[string]bool{}
	for _, entry := range specs[*networking.ServiceEntry](all) {
		for _, endpoint := range entry.GetEndpoints() {
			said[endpoint.GetLocality()] = true
		}
	}
	for _, rule := range specs[*networking.DestinationRule](all) {
		for _, p := range policies(rule) {
			for _, entry := range p.GetLoadBalancer().GetLocalityLbSetting().GetFailover() {
				said[entry.GetFrom()] = true
			}
		}
	}
	for _, filter := range specs[*networking.EnvoyFilter](all) {
		said[filter.GetWorkloadSelector().GetLabels()["topology.kubernetes.io/region"]] = true
	}
	return said
}

// TestDecodeRefuses is the negative control of the strict decoding.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	const entry = "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: a, namespace: b}\nspec:\n  hosts: [a.internal]\n"
	const filter = "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: a, namespace: b}\nspec:\n  configPatches:\n" +
		"  - {applyTo: CLUSTER, patch: {operation: MERGE, value: {%}}}\n"
	for _, text := range []string{
		entry + "  unknown: true\n", entry + "status: {}\n", strings.Replace(entry, "v1\n", "v1beta1\n", 1),
		strings.Replace(entry, "hosts: [", "hosts: [[", 1), strings.Replace(filter, "%", "no_such_field: 1", 1),
	} {
		if _, err := decode([]byte(text)); err == nil {
			t.Errorf("decoded\n%s", text)
		}
	}
	for _, text := range []string{entry, strings.Replace(filter, "%", "dns_refresh_rate: 5s", 1)} {
		if _, err := decode([]byte(text)); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}
