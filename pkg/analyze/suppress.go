package analyze

import (
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// IgnoreAnnotation with a code behind it, such as ignore.spillway.dev/FX029, on an object keeps that finding about the
// object from being told. Its value is the reason, and must be there.
const IgnoreAnnotation = "ignore.spillway.dev/"

// Ignore is a finding that a user does not want to hear of, on purpose.
type Ignore struct {
	Code   string
	Object string // namespace/name; empty for all
	Reason string
}

// ParseIgnore reads CODE=REASON or CODE:NAMESPACE/NAME=REASON.
func ParseIgnore(text string) (Ignore, error) {
	what, reason, _ := strings.Cut(text, "=")
	code, object, _ := strings.Cut(what, ":")
	if code == "" || strings.TrimSpace(reason) == "" {
		return Ignore{}, fmt.Errorf("%q is not CODE=REASON or CODE:NAMESPACE/NAME=REASON; the reason is needed", text)
	}
	return Ignore{Code: strings.ToUpper(code), Object: object, Reason: strings.TrimSpace(reason)}, nil
}

// Suppressed is a finding that was not told, and why.
type Suppressed struct {
	*Finding
	Reason string
}

// Suppress takes out what annotations and ignores say, and keeps it with the reasons.
func (r *Report) Suppress(ignores []Ignore) {
	kept := r.Findings[:0]
	for _, f := range r.Findings {
		reason := reasonFor(f, ignores)
		if reason == "" {
			kept = append(kept, f)
			continue
		}
		r.Suppressed = append(r.Suppressed, Suppressed{f, reason})
	}
	r.Findings = kept
}

func reasonFor(f *Finding, ignores []Ignore) string {
	if reason := strings.TrimSpace(f.Object.Annotations[IgnoreAnnotation+f.Code]); reason != "" {
		return reason
	}
	for _, i := range ignores {
		if i.Code == f.Code && (i.Object == "" || i.Object == f.Object.Namespace+"/"+f.Object.Name) {
			return i.Reason
		}
	}
	return ""
}

// checkAnnotations tells of annotations that give no reason, and so have no effect.
func (r *Report) checkAnnotations(s *manifest.Snapshot) {
	for _, o := range s.Objects {
		for key, value := range o.Annotations {
			if strings.HasPrefix(key, IgnoreAnnotation) && strings.TrimSpace(value) == "" {
				d := r.Notes.Warnf(nil, "SP602", "the annotation %s has no effect, since it gives no reason", key)
				d.WithHint("write the reason as its value").Object = o.String()
				d.Path = "metadata.annotations[" + key + "]"
				d.Position = o.Source.Locate(d.Path)
			}
		}
	}
	r.Notes.Sort()
}
