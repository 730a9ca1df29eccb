package validate

import (
	"net"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// checks tells what is wrong with a list of checks.
func (c *checker) checks(at *field.Path, checks []v1alpha1.HealthCheck) {
	c.count(at, len(checks), 0, maxChecks)
	names := seen{}
	for i := range checks {
		h, at := &checks[i], at.Index(i)
		if c.dnsLabel(at.Child("name"), h.Name, longestLabel) {
			c.twice(names, at.Child("name"), h.Name, "the check")
		}
		choice(c, at.Child("importance"), h.Importance, false, v1alpha1.ImportanceRequired, v1alpha1.ImportanceWeighted,
			v1alpha1.ImportanceInformational)
		c.upTo(at.Child("weight"), h.Weight, 1000)
		c.check(at, h)
	}
}

// check wants exactly one kind.
func (c *checker) check(at *field.Path, h *v1alpha1.HealthCheck) {
	kinds := c.kinds(at, h)
	if kinds != 1 {
		d := c.errorf(at, "SP506", "the check has %d kinds, not one", kinds)
		d.WithHint("give one of http, grpc, tcp, service, externalFailover, certificate and prometheus")
	}
	if (h.Certificate != nil || h.Prometheus != nil) && h.Importance != v1alpha1.ImportanceInformational {
		c.errorf(at.Child("importance"), "SP507", "checks of certificates and by Prometheus are Informational only: neither says that users are hurt now").
			WithHint("add importance: Informational")
	}
}

// kinds checks those that are given, and counts them.
func (c *checker) kinds(at *field.Path, h *v1alpha1.HealthCheck) int {
	n := 0
	if k := h.HTTP; k != nil {
		n++
		c.httpCheck(at.Child("http"), k)
	}
	if k := h.GRPC; k != nil {
		n++
		c.dialled(at.Child("grpc", "address"), k.Address)
		c.short(at.Child("grpc", "service"), k.Service, longestName)
		if k.Host != "" {
			c.hostPort(at.Child("grpc", "host"), k.Host)
		}
	}
	if k := h.TCP; k != nil {
		n++
		c.dialled(at.Child("tcp", "address"), k.Address)
	}
	if k := h.Service; k != nil {
		n++
		c.dnsLabel(at.Child("service", "name"), k.Name, longestLabel)
		c.namespace(at.Child("service", "namespace"), k.Namespace)
		c.upTo(at.Child("service", "minReady"), k.MinReady, 100)
	}
	if k := h.ExternalFailover; k != nil {
		n++
		c.objectName(at.Child("externalFailover", "name"), k.Name)
		c.namespace(at.Child("externalFailover", "namespace"), k.Namespace)
		choice(c, at.Child("externalFailover", "via"), k.Via, false, v1alpha1.ViaMesh, v1alpha1.ViaDirect)
	}
	if k := h.Certificate; k != nil {
		n++
		c.dialled(at.Child("certificate", "address"), k.Address)
		c.serverName(at.Child("certificate", "serverName"), k.ServerName)
		c.upTo(at.Child("certificate", "minDays"), k.MinDays, 365)
	}
	if k := h.Prometheus; k != nil {
		n++
		c.prometheus(at.Child("prometheus"), k)
	}
	return n
}

func (c *checker) namespace(at *field.Path, name string) {
	if name != "" {
		c.dnsLabel(at, name, longestLabel)
	}
}

func (c *checker) httpCheck(at *field.Path, k *v1alpha1.HTTPCheck) {
	c.url(at.Child("url"), k.URL)
	choice(c, at.Child("method"), k.Method, false, "GET", "HEAD", "POST", "OPTIONS")
	if k.Host != "" {
		c.hostPort(at.Child("host"), k.Host)
	}
	c.count(at.Child("headers"), len(k.Headers), 0, 16)
	for _, name := range sorted(k.Headers) {
		c.header(at.Child("headers").Key(name), name)
	}
	c.count(at.Child("expect"), len(k.Expect), 0, 16)
	codes := seen{}
	for i, code := range k.Expect {
		c.twice(codes, at.Child("expect").Index(i), strconv.Itoa(int(code)), "the code")
		if _, ok := status(strconv.Itoa(int(code))); !ok {
			c.errorf(at.Child("expect").Index(i), "SP126", "%d is not an HTTP status code", code).WithHint("write codes from 100 to 599, such as 200")
		}
	}
	c.short(at.Child("body"), k.Body, 1024)
	if k.Body != "" && k.Method == "HEAD" {
		c.errorf(at.Child("body"), "SP508", "an answer to HEAD has no body").WithHint("remove body, or use GET")
	}
}

// dialled wants HOST:PORT.
func (c *checker) dialled(at *field.Path, address string) {
	if !c.required(at, address, longestName+len(":65535")+2) {
		return
	}
	host, port, err := net.SplitHostPort(address)
	number, numberErr := strconv.Atoi(port)
	if err != nil || host == "" || numberErr != nil || number < 1 || number > highestPort {
		c.errorf(at, "SP505", "%s is not a host and a port", quote(address)).WithHint("such as search.shop:9200")
	}
}

func (c *checker) prometheus(at *field.Path, k *v1alpha1.PrometheusCheck) {
	c.url(at.Child("url"), k.URL)
	c.required(at.Child("query"), strings.TrimSpace(k.Query), 4096)
	if k.Above == "" && k.Below == "" {
		c.errorf(at, "SP101", "there is nothing to compare the value with").WithHint(`add above: "0.99" or below: "0.01"`)
	}
	for name, text := range map[string]string{"above": k.Above, "below": k.Below} {
		if _, err := strconv.ParseFloat(text, 64); text != "" && err != nil {
			c.errorf(at.Child(name), "SP104", "%s is not a decimal number", quote(text)).WithHint(`such as "0.99"`)
		}
	}
}
