package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/proxy"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

const (
	// largestDump is how many bytes a dump may have, in a file or as the answer of a proxy.
	largestDump = 256 << 20
	// adminPatience is how long a proxy may take to write its dump.
	adminPatience = time.Minute
)

// runProxy judges what a proxy itself has, from files or its admin address.
func (o *analyzeOptions) runProxy(ctx context.Context, out IO) error {
	if o.output == "html" {
		return usagef("-o html draws what objects mean; --proxy has no objects")
	}
	var parts [][]byte
	for _, from := range o.proxies {
		more, err := readProxy(ctx, from)
		if err != nil {
			return err
		}
		parts = append(parts, more...)
	}
	d, err := proxy.Parse(o.proxies[0], parts...)
	if err != nil {
		return fmt.Errorf("reading %s: %w", strings.Join(o.proxies, ", "), err)
	}
	a := &analysis{snapshot: &manifest.Snapshot{}, report: &analyze.Report{}, diags: proxy.Judge(d)}
	a.diags = slices.DeleteFunc(a.diags, func(x diag.Diagnostic) bool { return x.Severity < severities()[o.severity] })
	name := cmp.Or(d.Node.ID, d.Name)
	if n := d.Unseen(); n > 0 {
		a.report.Notes.Notef(nil, "SP606", "%s of %s: the endpoints are not in the dump, and what they would show was not judged", plural(n, "cluster"), name).
			WithHint("give /config_dump?include_eds")
	}
	if err := o.print(out, a); err != nil {
		return err
	}
	if err := in(a.snapshot).printWith(out.Err, out.Getenv, a.report.Notes, false); err != nil {
		return err
	}
	if err := writing(fmt.Fprintf(out.Err, "%s of %s, %s\n", plural(len(d.Clusters), "cluster"), name, count(a.diags))); err != nil {
		return err
	}
	return o.input.verdict(a.diags)
}

// readProxy reads a file, or asks an admin address for all that counts.
func readProxy(ctx context.Context, from string) ([][]byte, error) {
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		data, err := readDump(from)
		if err != nil {
			return nil, fmt.Errorf("reading the proxy's configuration: %w", err)
		}
		return [][]byte{data}, nil
	}
	var out [][]byte
	for _, path := range []string{"/config_dump?include_eds", "/clusters?format=json"} {
		data, err := fetch(ctx, strings.TrimSuffix(from, "/")+path)
		if err != nil {
			return nil, fmt.Errorf("asking the proxy: %w", err)
		}
		out = append(out, data)
	}
	return out, nil
}

func fetch(ctx context.Context, url string) (_ []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, adminPatience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", err)
	}
	a, err := (&http.Client{}).Do(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the request
	}
	defer func() { err = errors.Join(err, a.Body.Close()) }()
	if a.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, a.Status)
	}
	data, err := bounded(a.Body, largestDump)
	if err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", url, err)
	}
	return data, nil
}

func readDump(path string) (_ []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := bounded(f, largestDump)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// bounded reads all of a dump, one byte more than is allowed at most: that is enough to see that it is too much.
func bounded(r io.Reader, most int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says of what
	}
	if len(data) > most {
		return nil, fmt.Errorf("it is larger than %d bytes", most)
	}
	return data, nil
}
