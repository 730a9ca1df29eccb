package test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stage is one FROM of a Dockerfile with what follows it.
type stage struct {
	base, name string
	steps      []step
}

// step is one instruction: its upper-case word and the rest of the line.
type step struct{ word, rest string }

// parseDockerfile reads the plain form that this project writes: one instruction a line, `\` continues it, `#` starts
// a comment line. Anything else is an error, so that the checks never pass over what they cannot read.
func parseDockerfile(text string) ([]stage, error) {
	var stages []stage
	pending := ""
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if head, continued := strings.CutSuffix(line, `\`); continued {
			pending += head + " "
			continue
		}
		word, rest, _ := strings.Cut(pending+line, " ")
		pending = ""
		s := step{strings.ToUpper(word), strings.TrimSpace(rest)}
		switch {
		case !slices.Contains([]string{"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "ARG", "LABEL", "EXPOSE"}, s.word):
			return nil, fmt.Errorf("line %d: unknown instruction %q", number+1, word)
		case s.word == "FROM":
			words := strings.Fields(s.rest)
			if len(words) != 3 || !strings.EqualFold(words[1], "AS") {
				return nil, fmt.Errorf("line %d: want FROM image AS name", number+1)
			}
			stages = append(stages, stage{base: words[0], name: words[2]})
		case len(stages) == 0:
			return nil, fmt.Errorf("line %d: %s before FROM", number+1, s.word)
		default:
			last := &stages[len(stages)-1]
			last.steps = append(last.steps, s)
		}
	}
	if pending != "" {
		return nil, fmt.Errorf("the last line is continued into nothing")
	}
	return stages, nil
}

// find returns what follows each instruction of a kind.
func (s stage) find(word string) []string {
	var out []string
	for _, st := range s.steps {
		if st.word == word {
			out = append(out, st.rest)
		}
	}
	return out
}

// dockerViolations checks the stages against the binaries that exist; exists tells which paths of the project do.
func dockerViolations(stages []stage, binaries []string, exists func(string) bool) []string {
	var bad []string
	names := map[string]bool{}
	for _, s := range stages {
		if s.base != "scratch" && !names[s.base] && !regexp.MustCompile(`:[0-9]+\.[0-9]+\.[0-9]+(-[a-z0-9]+)?(@sha256:[0-9a-f]{64})?$`).MatchString(s.base) {
			bad = append(bad, s.name+": base "+s.base+" is not pinned to a version")
		}
		bad = append(bad, copyViolations(s, names, exists)...)
		bad = append(bad, buildViolations(s)...)
		names[s.name] = true
	}
	for _, b := range binaries {
		i := slices.IndexFunc(stages, func(s stage) bool { return s.name == b })
		if i < 0 {
			bad = append(bad, b+": no stage of that name")
			continue
		}
		bad = append(bad, finalViolations(stages[i])...)
	}
	return bad
}

// copyViolations finds sources that neither an earlier stage nor the project has.
func copyViolations(s stage, earlier map[string]bool, exists func(string) bool) []string {
	var bad []string
	for _, rest := range s.find("COPY") {
		words := strings.Fields(rest)
		if from, ok := strings.CutPrefix(words[0], "--from="); ok {
			if !earlier[from] {
				bad = append(bad, s.name+": copies from "+from+", which is no earlier stage")
			}
			continue
		}
		for _, source := range words[:len(words)-1] {
			if !exists(path.Clean(source)) {
				bad = append(bad, s.name+": copies "+source+", which does not exist")
			}
		}
	}
	return bad
}

// buildViolations wants every go build to be reproducible and static.
func buildViolations(s stage) []string {
	var bad []string
	for _, run := range s.find("RUN") {
		if !strings.Contains(run, "go build") {
			continue
		}
		for _, flag := range []string{"-trimpath", "-s -w", "-buildvcs=false"} {
			if !strings.Contains(run, flag) {
				bad = append(bad, s.name+": go build without "+flag)
			}
		}
		if !slices.Contains(s.find("ENV"), "CGO_ENABLED=0") {
			bad = append(bad, s.name+": go build without CGO_ENABLED=0")
		}
	}
	return bad
}

// finalViolations wants an image that holds the binary and runs as nobody in particular.
func finalViolations(s stage) []string {
	var bad []string
	user := s.find("USER")
	if len(user) == 0 || !regexp.MustCompile(`^[1-9][0-9]*(:[1-9][0-9]*)?$`).MatchString(user[len(user)-1]) {
		bad = append(bad, s.name+": USER must be a number other than 0, so that Kubernetes can see that it is not root")
	}
	if len(s.find("RUN")) > 0 {
		bad = append(bad, s.name+": the final stage only copies")
	}
	entry := s.find("ENTRYPOINT")
	if len(entry) != 1 || !strings.HasPrefix(entry[0], "[") || !strings.Contains(entry[0], "/"+s.name+`"`) {
		bad = append(bad, s.name+": ENTRYPOINT must be the binary, in brackets")
	}
	return bad
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages, err := parseDockerfile(string(text))
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob("../cmd/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no commands found: %v", err)
	}
	var binaries []string
	for _, f := range folders {
		binaries = append(binaries, filepath.Base(f))
	}
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join("..", filepath.FromSlash(name)))
		return err == nil
	}
	for _, v := range dockerViolations(stages, binaries, exists) {
		t.Error(v)
	}
	if want := len(binaries) + 1; len(stages) != want {
		t.Errorf("%d stages, want %d: one to build and one for each binary", len(stages), want)
	}
}

// The image must be built by the Go that the module asks for, and the context must let its sources through.
func TestDockerfileFitsTheModule(t *testing.T) {
	t.Parallel()
	docker, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	minor := goLine[:strings.LastIndex(goLine, ".")]
	if !strings.Contains(string(docker), "FROM golang:"+minor+".") {
		t.Errorf("the Dockerfile does not build with Go %s", minor)
	}
	ignore, err := os.ReadFile("../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(ignore), "\n")
	stages, err := parseDockerfile(string(docker))
	if err != nil {
		t.Fatal(err)
	}
	for _, rest := range stages[0].find("COPY") {
		words := strings.Fields(rest)
		for _, source := range words[:len(words)-1] {
			if !slices.Contains(lines, "!"+source) {
				t.Errorf(".dockerignore keeps %s out of the build", source)
			}
		}
	}
}

func TestDockerRulesCatchViolations(t *testing.T) {
	t.Parallel()
	stages, err := parseDockerfile(`
FROM golang:latest AS build
COPY go.mod nowhere ./
RUN go build -o /out/ \
  ./cmd/...
FROM scratch AS one
COPY --from=builder /out/one /one
RUN chmod +x /one
USER 0
ENTRYPOINT /one
FROM build AS two
USER root
ENTRYPOINT ["/two"]
FROM scratch AS three
ENTRYPOINT ["/other"]
`)
	if err != nil {
		t.Fatal(err)
	}
	got := dockerViolations(stages, []string{"one", "two", "three", "four"}, func(name string) bool { return name == "go.mod" })
	user := ": USER must be a number other than 0, so that Kubernetes can see that it is not root"
	want := []string{
		"build: base golang:latest is not pinned to a version",
		"build: copies nowhere, which does not exist",
		"build: go build without -trimpath",
		"build: go build without -s -w",
		"build: go build without -buildvcs=false",
		"build: go build without CGO_ENABLED=0",
		"one: copies from builder, which is no earlier stage",
		"one" + user,
		"one: the final stage only copies",
		"one: ENTRYPOINT must be the binary, in brackets",
		"two" + user,
		"three" + user,
		"three: ENTRYPOINT must be the binary, in brackets",
		"four: no stage of that name",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, unreadable := range []string{"RUN true\n", "FROM scratch\n", "HEALTHCHECK x\n", "FROM a AS b\nRUN x \\\n"} {
		if _, err := parseDockerfile(unreadable); err == nil {
			t.Errorf("%q: accepted", unreadable)
		}
	}
}
