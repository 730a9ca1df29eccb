package zone_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/zone"
)

// good is a zone with every policy; nothing is wrong with it.
func good() *zone.Zone {
	check := func(id, ip string) zone.Check {
		return zone.Check{
			ID: id, Type: "HTTPS_STR_MATCH", IP: ip, FQDN: "shop.example.com", Port: 443, Path: "/health", Search: "0a1b2c3d",
			Interval: 10, Threshold: 3, SNI: true, Regions: []string{"us-east-1", "eu-west-1", "ap-southeast-1"},
		}
	}
	return &zone.Zone{
		Name: "example.com",
		Records: []zone.Record{
			{Name: "fo.example.com", Type: "A", ID: "blue", Policy: zone.Policy{Failover: "PRIMARY"}, TTL: 30, Values: []string{"203.0.113.1"}, Check: "blue"},
			{Name: "fo.example.com", Type: "A", ID: "rest", Policy: zone.Policy{Failover: "SECONDARY"}, Alias: &zone.Alias{Name: "rest.example.com", Zone: zone.Same, EvaluateHealth: true}},
			{Name: "rest.example.com", Type: "A", ID: "green", Policy: zone.Policy{Weight: new(1)}, TTL: 30, Values: []string{"203.0.113.2"}, Check: "green"},
			{Name: "rest.example.com", Type: "A", ID: "red", Policy: zone.Policy{Weight: new(0)}, TTL: 30, Values: []string{"203.0.113.3"}, Check: "both"},
			{Name: "mv.example.com.", Type: "A", ID: "blue", Policy: zone.Policy{MultiValue: true}, TTL: 30, Values: []string{"203.0.113.1"}, Check: "blue"},
			{Name: "MV.example.com", Type: "A", ID: "green", Policy: zone.Policy{MultiValue: true}, TTL: 60, Values: []string{"203.0.113.2"}, Check: "kept-by-others"},
			{Name: "lb.example.com", Type: "A", ID: "blue", Policy: zone.Policy{Failover: "PRIMARY"}, Alias: &zone.Alias{Name: "x.elb.amazonaws.com", Zone: "Z1", EvaluateHealth: true}, Check: "blue"},
			{Name: "lb.example.com", Type: "A", ID: "green", Policy: zone.Policy{Failover: "SECONDARY"}, TTL: 30, Values: []string{"203.0.113.2"}, Check: "green"},
			{Name: "www.example.com", Type: "CNAME", TTL: 3600, Values: []string{"fo.example.com"}},
		},
		Checks: []zone.Check{
			check("blue", "203.0.113.1"), check("green", "2001:db8::2"),
			{ID: "both", Type: "CALCULATED", Children: []string{"blue", "kept-by-others"}, Healthy: 1},
			{ID: "tcp", Type: "TCP", IP: "203.0.113.1", Port: 443},
		},
		Foreign: []string{"kept-by-others"},
	}
}

// Records and checks of good by what they are.
const (
	primary, secondary, green, red, mvBlue, mvGreen, lbBlue, lbGreen, www = 0, 1, 2, 3, 4, 5, 6, 7, 8
	blueCheck, both, tcp                                                  = 0, 2, 3
)

func TestAGoodZoneIsSilent(t *testing.T) {
	t.Parallel()
	if ds := good().Verify(nil); len(ds) > 0 {
		t.Errorf("%v", ds)
	}
}

// broken is a change to good that breaks one rule.
type broken struct {
	change func(z *zone.Zone)
	want   string // code and path, in the order in which they are found
}

// groupRules are what is true of several records together.
func groupRules() map[string]broken {
	return map[string]broken{
		"two PRIMARY": {func(z *zone.Zone) { z.Records[secondary].Policy.Failover = "PRIMARY" }, "HC041 fo.example.com A rest, HC041 fo.example.com A blue"},
		"a third": {
			func(z *zone.Zone) {
				r := z.Records[lbGreen]
				r.ID = "red"
				z.Records = append(z.Records, r)
			}, "HC041 lb.example.com A red",
		},
		"no SECONDARY":   {func(z *zone.Zone) { z.Records = append(z.Records[:secondary:secondary], z.Records[green:]...) }, "HC041 fo.example.com A blue"},
		"in lower case":  {func(z *zone.Zone) { z.Records[primary].Policy.Failover = "primary" }, "HC041 fo.example.com A blue, HC041 fo.example.com A blue"},
		"mixed policies": {func(z *zone.Zone) { z.Records[mvGreen].Policy = zone.Policy{Weight: new(1)} }, "HC042 mv.example.com A green"},
		"simple beside": {
			func(z *zone.Zone) {
				z.Records = append(z.Records, zone.Record{Name: "mv.example.com", Type: "A", TTL: 30, Values: []string{"203.0.113.9"}})
			}, "HC042 mv.example.com A",
		},
		"two simple": {
			func(z *zone.Zone) {
				z.Records = append(z.Records, zone.Record{Name: "www.example.com", Type: "CNAME", TTL: 30, Values: []string{"a.example.com"}})
			}, "HC042 www.example.com CNAME",
		},
		"two policies at once":      {func(z *zone.Zone) { z.Records[mvBlue].Policy.Weight = new(1) }, "HC042 mv.example.com A blue"},
		"another policy":            {func(z *zone.Zone) { z.Records[mvBlue].Policy = zone.Policy{Other: "latency"} }, "HC042 mv.example.com A green"},
		"no set identifier":         {func(z *zone.Zone) { z.Records[mvBlue].ID = "" }, "HC043 mv.example.com A"},
		"a set identifier too many": {func(z *zone.Zone) { z.Records[www].ID = "x" }, "HC043 www.example.com CNAME x"},
		"one set identifier twice":  {func(z *zone.Zone) { z.Records[mvGreen].ID = "blue" }, "HC043 mv.example.com A blue"},
		"a long set identifier":     {func(z *zone.Zone) { z.Records[mvBlue].ID = strings.Repeat("i", 129) }, "HC043 mv.example.com A " + strings.Repeat("i", 129)},
	}
}

// aliasRules are about checks, TTLs and aliases.
func aliasRules() map[string]broken {
	return map[string]broken{
		"asks its own name":          {func(z *zone.Zone) { z.Checks[blueCheck].IP, z.Checks[blueCheck].FQDN = "", "FO.example.com." }, "HC011 fo.example.com A blue"},
		"a child asks its name":      {func(z *zone.Zone) { z.Checks[blueCheck].IP, z.Checks[blueCheck].FQDN = "", "rest.example.com" }, "HC011 rest.example.com A red"},
		"SECONDARY unchecked":        {func(z *zone.Zone) { z.Records[lbGreen].Check = "" }, "HC012 lb.example.com A green"},
		"multivalue unchecked":       {func(z *zone.Zone) { z.Records[mvGreen].Check = "" }, "HC012 mv.example.com A green"},
		"a long TTL":                 {func(z *zone.Zone) { z.Records[primary].TTL = 300 }, "HC013 fo.example.com A blue"},
		"an alias without a check":   {func(z *zone.Zone) { z.Records[lbBlue].Check = "" }, "HC016 lb.example.com A blue"},
		"more than all children":     {func(z *zone.Zone) { z.Checks[both].Healthy = 3 }, "HC017 both"},
		"no child":                   {func(z *zone.Zone) { z.Checks[both].Healthy = 0 }, "HC017 both"},
		"calculated of calculated":   {func(z *zone.Zone) { z.Checks[both].Children = []string{"both"} }, "HC047 both"},
		"an unknown child":           {func(z *zone.Zone) { z.Checks[both].Children[0] = "pink" }, "HC050 both"},
		"a calculated one that asks": {func(z *zone.Zone) { z.Checks[both].Port = 443 }, "HC047 both"},
		"no children at all":         {func(z *zone.Zone) { z.Checks[both].Children = nil }, "HC047 both"},
		"an alias with a TTL":        {func(z *zone.Zone) { z.Records[lbBlue].TTL = 30 }, "HC044 lb.example.com A blue"},
		"a blind failover alias":     {func(z *zone.Zone) { z.Records[lbBlue].Alias.EvaluateHealth = false }, "HC044 lb.example.com A blue"},
		"an alias into nowhere":      {func(z *zone.Zone) { z.Records[secondary].Alias.Name = "none.example.com" }, "HC044 fo.example.com A rest"},
		"an alias to itself":         {func(z *zone.Zone) { z.Records[secondary].Alias.Name = "fo.example.com" }, "HC044 fo.example.com A rest"},
		"an alias without its zone":  {func(z *zone.Zone) { z.Records[lbBlue].Alias.Zone = "" }, "HC044 lb.example.com A blue"},
		"a multivalue alias": {
			func(z *zone.Zone) {
				r := &z.Records[mvBlue]
				r.TTL, r.Values, r.Alias = 0, nil, &zone.Alias{Name: "x.elb.amazonaws.com", Zone: "Z1", EvaluateHealth: true}
			}, "HC044 mv.example.com A blue",
		},
	}
}

// valueRules are about values and weights.
func valueRules() map[string]broken {
	return map[string]broken{
		"a multivalue CNAME": {
			func(z *zone.Zone) {
				z.Records[mvBlue].Type, z.Records[mvGreen].Type = "CNAME", "CNAME"
				z.Records[mvBlue].Values, z.Records[mvGreen].Values = []string{"a.example.org"}, []string{"b.example.org"}
			}, "HC045 mv.example.com CNAME blue, HC045 mv.example.com CNAME green",
		},
		"an IPv6 address in an A":     {func(z *zone.Zone) { z.Records[primary].Values = []string{"2001:db8::1"} }, "HC045 fo.example.com A blue"},
		"an IPv4 address in an AAAA":  {func(z *zone.Zone) { z.Records[www].Type, z.Records[www].Values = "AAAA", []string{"203.0.113.1"} }, "HC045 www.example.com AAAA"},
		"a name in an A":              {func(z *zone.Zone) { z.Records[primary].Values = []string{"a.example.org"} }, "HC045 fo.example.com A blue"},
		"an address in a CNAME":       {func(z *zone.Zone) { z.Records[www].Values = []string{"203.0.113.1"} }, "HC045 www.example.com CNAME"},
		"two values in a CNAME":       {func(z *zone.Zone) { z.Records[www].Values = []string{"a.example.org", "b.example.org"} }, "HC045 www.example.com CNAME"},
		"two values in a weighted":    {func(z *zone.Zone) { z.Records[green].Values = []string{"203.0.113.2", "203.0.113.4"} }, "HC045 rest.example.com A green"},
		"no value":                    {func(z *zone.Zone) { z.Records[primary].Values = nil }, "HC045 fo.example.com A blue"},
		"another zone":                {func(z *zone.Zone) { z.Records[www].Name = "www.notexample.com" }, "HC045 www.notexample.com CNAME"},
		"a CNAME at the apex":         {func(z *zone.Zone) { z.Records[www].Name = "example.com" }, "HC045 example.com CNAME"},
		"a CNAME beside an A":         {func(z *zone.Zone) { z.Records[www].Name = "lb.example.com" }, "HC045 lb.example.com CNAME"},
		"a heavy weight":              {func(z *zone.Zone) { z.Records[green].Policy.Weight = new(256) }, "HC046 rest.example.com A green"},
		"weights with different TTLs": {func(z *zone.Zone) { z.Records[red].TTL = 31 }, "HC046 rest.example.com A red"},
		"a TTL below zero":            {func(z *zone.Zone) { z.Records[www].TTL = -1 }, "HC046 www.example.com CNAME"},
		"a check that nobody made":    {func(z *zone.Zone) { z.Records[primary].Check = "pink" }, "HC050 fo.example.com A blue"},
	}
}

// checkRules are about health checks.
func checkRules() map[string]broken {
	return map[string]broken{
		"an unknown type":    {func(z *zone.Zone) { z.Checks[tcp].Type = "NOPE" }, "HC047 tcp"},
		"an odd interval":    {func(z *zone.Zone) { z.Checks[blueCheck].Interval = 7 }, "HC047 blue"},
		"a threshold of 99":  {func(z *zone.Zone) { z.Checks[blueCheck].Threshold = 99 }, "HC047 blue"},
		"a relative path":    {func(z *zone.Zone) { z.Checks[blueCheck].Path = "health" }, "HC047 blue"},
		"a path for TCP":     {func(z *zone.Zone) { z.Checks[tcp].Path = "/" }, "HC047 tcp"},
		"TCP without a port": {func(z *zone.Zone) { z.Checks[tcp].Port = 0 }, "HC047 tcp"},
		"nobody to ask":      {func(z *zone.Zone) { z.Checks[tcp].IP = "" }, "HC047 tcp"},
		"no string":          {func(z *zone.Zone) { z.Checks[blueCheck].Search = "" }, "HC047 blue"},
		"a string of 256":    {func(z *zone.Zone) { z.Checks[blueCheck].Search = strings.Repeat("x", 256) }, "HC047 blue"},
		"a string for HTTPS": {func(z *zone.Zone) { z.Checks[blueCheck].Type = "HTTPS" }, "HC047 blue"},
		"status alone": {
			func(z *zone.Zone) { z.Checks[blueCheck].Type, z.Checks[blueCheck].Search = "HTTPS", "" }, "HC003 blue",
		},
		"SNI for TCP":              {func(z *zone.Zone) { z.Checks[tcp].SNI, z.Checks[tcp].FQDN = true, "a.example.com" }, "HC047 tcp"},
		"HTTPS without SNI":        {func(z *zone.Zone) { z.Checks[blueCheck].SNI = false }, "HC047 blue"},
		"SNI without a name":       {func(z *zone.Zone) { z.Checks[blueCheck].FQDN = "" }, "HC047 blue"},
		"children without need":    {func(z *zone.Zone) { z.Checks[tcp].Children = []string{"blue"} }, "HC047 tcp"},
		"switched off":             {func(z *zone.Zone) { z.Checks[tcp].Disabled = true }, "HC047 tcp"},
		"two regions":              {func(z *zone.Zone) { z.Checks[blueCheck].Regions = []string{"us-east-1", "eu-west-1"} }, "HC048 blue"},
		"one region three times":   {func(z *zone.Zone) { z.Checks[blueCheck].Regions = []string{"us-east-1", "us-east-1", "us-east-1"} }, "HC048 blue"},
		"a region without checker": {func(z *zone.Zone) { z.Checks[blueCheck].Regions[0] = "eu-central-1" }, "HC048 blue"},
		"a private address":        {func(z *zone.Zone) { z.Checks[blueCheck].IP = "10.0.0.1" }, "HC049 blue"},
		"a carrier's address":      {func(z *zone.Zone) { z.Checks[blueCheck].IP = "100.64.0.1" }, "HC049 blue"},
		"an address of one's own":  {func(z *zone.Zone) { z.Checks[blueCheck].IP = "::ffff:127.0.0.1" }, "HC049 blue"},
		"no address":               {func(z *zone.Zone) { z.Checks[blueCheck].IP = "203.0.113" }, "HC047 blue"},
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for _, rules := range []map[string]broken{groupRules(), aliasRules(), valueRules(), checkRules()} {
		for name, tc := range rules {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tc.run(t)
			})
		}
	}
}

func (tc broken) run(t *testing.T) {
	t.Helper()
	z := good()
	tc.change(z)
	var found []string
	for _, d := range z.Verify(nil) {
		if d.Message == "" {
			t.Errorf("%s says nothing", d.Code)
		}
		_, key, _ := strings.Cut(d.Path, "[")
		found = append(found, d.Code+" "+strings.TrimSuffix(key, "]"))
	}
	if diff := cmp.Diff(tc.want, strings.Join(found, ", ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestManyWeights(t *testing.T) {
	t.Parallel()
	z := good()
	for i := range 100 {
		r := z.Records[green]
		r.ID = strings.Repeat("x", i+1)
		z.Records = append(z.Records, r)
	}
	if ds := z.Verify(nil); len(ds) != 1 || ds[0].Code != "HC046" {
		t.Errorf("%v", ds)
	}
}
