package mesh

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a minor version of Istio: 31 is 1.31.
type Version int

// The versions that istiod and proxies have if nothing is said.
const defaultVersion Version = 31

// String is the version as people write it.
func (v Version) String() string { return "1." + strconv.Itoa(int(v)) }

// ParseVersion reads 1.31, 1.31.2 or v1.31.
func ParseVersion(text string) (Version, error) {
	parts := strings.Split(strings.TrimPrefix(text, "v"), ".")
	if len(parts) >= 2 && parts[0] == "1" {
		if n, err := strconv.Atoi(parts[1]); err == nil && n >= 0 {
			return Version(n), nil
		}
	}
	return 0, fmt.Errorf("%q is no version of Istio such as 1.31", text)
}

// Versions are those in use.
type Versions struct {
	Istiod Version // of the control plane
	Oldest Version // of any proxy
	Known  bool    // whether anybody said so
}

func (v Versions) orDefault() Versions {
	if v.Istiod == 0 {
		v.Istiod = max(defaultVersion, v.Oldest)
	}
	if v.Oldest == 0 {
		v.Oldest = v.Istiod
	}
	return v
}
