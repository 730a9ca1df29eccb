package zone

import (
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The types of health checks that have rules of their own.
const (
	typeCalculated = "CALCULATED"
	typeTCP        = "TCP"
	typeMetric     = "CLOUDWATCH_METRIC"
	typeControl    = "RECOVERY_CONTROL"
)

// The limits of health checks.
const (
	maxText      = 255 // of a search string, a path and a name
	maxChildren  = 255
	maxThreshold = 10
	maxRegions   = 64
)

func (v *verifier) check(c *Check) {
	at := field.NewPath("checks").Key(c.ID)
	if v.at != nil {
		at = v.at.Child("checks").Key(c.ID)
	}
	switch c.Type {
	case typeCalculated:
		v.calculated(c, at)
	case typeMetric, typeControl:
	case "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", typeTCP:
		v.endpoint(c, at)
	default:
		v.diags.Errorf(at, "HC047", "%q is no type of health check", c.Type).
			WithHint("HTTP, HTTPS, HTTP_STR_MATCH, HTTPS_STR_MATCH, TCP, CALCULATED, CLOUDWATCH_METRIC or RECOVERY_CONTROL")
	}
	if c.Disabled {
		v.diags.Warnf(at, "HC047", "a disabled check is always healthy").WithHint("to force it down, invert it instead")
	}
}

func (v *verifier) endpoint(c *Check, at *field.Path) {
	v.asked(c, at)
	v.times(c, at)
	v.regions(c, at)
	if len(c.Children) > 0 || c.Healthy != 0 {
		v.diags.Errorf(at, "HC047", "only a calculated check has children")
	}
	matches := strings.HasSuffix(c.Type, "_STR_MATCH")
	switch {
	case matches && c.Search == "":
		v.diags.Errorf(at, "HC047", "%s needs a string to look for", c.Type)
	case !matches && c.Search != "":
		v.diags.Errorf(at, "HC047", "%s looks for no string", c.Type).WithHint("use %s_STR_MATCH", c.Type)
	case len(c.Search) > maxText:
		v.diags.Errorf(at, "HC047", "the string has %d characters, at most %d are looked for", len(c.Search), maxText)
	case !matches && c.Type != typeTCP:
		v.diags.Warnf(at, "HC003", "%s takes every 2xx and 3xx for healthy: a redirect to a login page, too", c.Type).
			WithHint("use %s_STR_MATCH with the cluster's token", c.Type)
	}
	if c.SNI && !strings.HasPrefix(c.Type, "HTTPS") {
		v.diags.Errorf(at, "HC047", "only an HTTPS check sends a server name")
	}
	if strings.HasPrefix(c.Type, "HTTPS") && c.FQDN != "" && !c.SNI {
		v.diags.Warnf(at, "HC047", "without SNI a gateway that serves several names closes the connection").WithHint("enable SNI")
	}
}

// asked is where the check sends its requests.
func (v *verifier) asked(c *Check, at *field.Path) {
	if c.IP == "" && c.FQDN == "" {
		v.diags.Errorf(at, "HC047", "the check has neither an address nor a name to ask")
	}
	if c.SNI && c.FQDN == "" {
		v.diags.Errorf(at, "HC047", "there is no name to send as the server name")
	}
	if len(c.FQDN) > maxText {
		v.diags.Errorf(at, "HC047", "the name has %d characters, at most %d are taken", len(c.FQDN), maxText)
	}
	if c.Port < 0 || c.Port > 65535 || c.Type == typeTCP && c.Port == 0 {
		v.diags.Errorf(at, "HC047", "%d is no port to ask", c.Port)
	}
	v.path(c, at)
	if c.IP != "" {
		v.address(c, at)
	}
}

func (v *verifier) path(c *Check, at *field.Path) {
	switch {
	case c.Path == "":
	case c.Type == typeTCP:
		v.diags.Errorf(at, "HC047", "a TCP check asks for no path")
	case !strings.HasPrefix(c.Path, "/"), len(c.Path) > maxText:
		v.diags.Errorf(at, "HC047", "a path begins with / and has at most %d characters", maxText)
	}
}

func (v *verifier) address(c *Check, at *field.Path) {
	ip, err := netip.ParseAddr(c.IP)
	switch {
	case err != nil:
		v.diags.Errorf(at, "HC047", "%q is no address", c.IP)
	case !Public(ip):
		v.diags.Errorf(at, "HC049", "%s is not reached from the internet, so it cannot be checked", c.IP).
			WithHint("check a public address, or let a CloudWatch alarm decide")
	}
}

func (v *verifier) times(c *Check, at *field.Path) {
	if c.Interval != 0 && c.Interval != 10 && c.Interval != 30 {
		v.diags.Errorf(at, "HC047", "an interval is 10 or 30 seconds, not %d", c.Interval)
	}
	if c.Threshold < 0 || c.Threshold > maxThreshold {
		v.diags.Errorf(at, "HC047", "a failure threshold is from 1 to %d, not %d", maxThreshold, c.Threshold)
	}
}

func (v *verifier) regions(c *Check, at *field.Path) {
	if len(c.Regions) == 0 {
		return
	}
	distinct := map[string]bool{}
	for _, r := range c.Regions {
		if !slices.Contains(CheckerRegions(), r) {
			v.diags.Errorf(at, "HC048", "Route 53 does not check from %q", r).WithHint("choose among %s", strings.Join(CheckerRegions(), ", "))
		}
		distinct[r] = true
	}
	if len(distinct) < MinRegions || len(c.Regions) > maxRegions || len(distinct) < len(c.Regions) {
		v.diags.Errorf(at, "HC048", "%d regions to check from; Route 53 takes %d different ones at least", len(distinct), MinRegions)
	}
}

func (v *verifier) calculated(c *Check, at *field.Path) {
	asks := c.IP + c.FQDN + c.Path + c.Search + strings.Join(c.Regions, "")
	if asks != "" || c.Port != 0 || c.SNI || c.Interval != 0 {
		v.diags.Errorf(at, "HC047", "a calculated check asks nobody: it has children and nothing else")
	}
	switch {
	case len(c.Children) == 0 || len(c.Children) > maxChildren:
		v.diags.Errorf(at, "HC047", "a calculated check has 1 to %d children, not %d", maxChildren, len(c.Children))
	case c.Healthy > len(c.Children):
		v.diags.Errorf(at, "HC017", "%d of %d children must be healthy: the check never is", c.Healthy, len(c.Children))
	case c.Healthy <= 0:
		v.diags.Errorf(at, "HC017", "no child must be healthy: the check always is")
	}
	for _, id := range c.Children {
		child := v.zone.check(id)
		switch {
		case child != nil && child.Type == typeCalculated:
			v.diags.Errorf(at, "HC047", "its child %q is a calculated check itself", id)
		case child == nil && !slices.Contains(v.zone.Foreign, id):
			v.diags.Errorf(at, "HC050", "there is no health check %q", id)
		}
	}
}

// Public says whether a checker on the internet can reach an address. The ranges for documentation count as public: they
// stand for one that is.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // between carriers and their customers
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !shared.Contains(ip)
}
