package targettest

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// maxComment is how long a line of a comment may be.
const maxComment = 92

func nameOf(spec *v1alpha1.ExternalFailover) types.NamespacedName {
	return types.NamespacedName{Namespace: spec.Namespace, Name: spec.Name}
}

// CheckObjects holds the objects of one target against what is true of all objects: an API server would take their names
// and labels, they say whose they are, none is written twice, nothing in them is empty, and decode knows every field.
func CheckObjects(t *testing.T, objects []target.Object, decode Decoder) {
	t.Helper()
	seen := make(map[string]bool)
	for _, o := range objects {
		id := o.Cluster + " " + o.Kind + " " + o.Namespace + "/" + o.Name
		if seen[id] {
			t.Errorf("%s is written twice", id)
		}
		seen[id] = true
		checkMetadata(t, id, o)
		if o.Body != nil { // some kinds are nothing but their name
			checkTree(t, id, o.Body)
		}
		data, err := JSON(o)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := decode(o.Kind, data); err != nil {
			t.Errorf("%s: %v\n%s", id, err, data)
		}
	}
}

func checkMetadata(t *testing.T, id string, o target.Object) {
	t.Helper()
	problems := validation.IsDNS1123Subdomain(o.Name)
	if !wide(o.Kind) || o.Namespace != "" {
		problems = append(problems, validation.IsDNS1123Label(o.Namespace)...)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", id, problem)
	}
	for k, v := range o.Labels {
		for _, problem := range slices.Concat(validation.IsQualifiedName(k), validation.IsValidLabelValue(v)) {
			t.Errorf("%s: label %s: %s", id, k, problem)
		}
	}
	if o.Labels[plan.LabelManagedBy] == "" || o.Labels[plan.LabelOwner] == "" || o.Annotations[plan.AnnotationOwner] == "" {
		t.Errorf("%s does not say whose it is", id)
	}
	if o.Rank < 0 || o.Rank > 99 {
		t.Errorf("%s: rank %d has not two digits", id, o.Rank)
	}
}

// wide says that objects of a kind have no namespace.
func wide(kind string) bool {
	return kind == "ClusterRole" || kind == "ClusterRoleBinding" || kind == "PriorityClass"
}

// checkTree finds empty values and comments that are too long to read.
func checkTree(t *testing.T, at string, v any) {
	t.Helper()
	switch v := v.(type) {
	case render.Map:
		for _, f := range v {
			checkComment(t, at, f.Comment)
			checkTree(t, at+"."+f.Key, f.Value)
		}
		if len(v) == 0 && !strings.HasSuffix(at, ".ads") { // Envoy's way to say "from the control plane"
			t.Errorf("%s is empty", at)
		}
	case render.Inline:
		checkTree(t, at, render.Map(v))
	case render.List:
		for _, e := range v {
			if it, ok := e.(render.Item); ok {
				checkComment(t, at, it.Comment)
				e = it.Value
			}
			checkTree(t, at+"[]", e)
		}
		if len(v) == 0 {
			t.Errorf("%s is empty", at)
		}
	case render.Flow:
		if len(v) == 0 {
			t.Errorf("%s is empty", at)
		}
	case nil:
		t.Errorf("%s is nil", at)
	}
}

func checkComment(t *testing.T, at, comment string) {
	t.Helper()
	longest := slices.MaxFunc(strings.Split(comment, "\n"), func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	if n := utf8.RuneCountInString(longest); n > maxComment {
		t.Errorf("%s: a comment of %d characters: %s", at, n, longest)
	}
}
