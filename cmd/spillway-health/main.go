// Command spillway-health is the health server of one cluster: it asks what the cluster depends on, and answers whether load
// balancers and DNS should leave it.
//
// It is flags and nothing else: everything it does is pkg/health/server's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the image has none

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/health/server"
	"github.com/spillway-mesh/spillway/pkg/version"
)

// The exit codes.
const (
	exitInvalid = 1
	exitUsage   = 2
	exitTrouble = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// flags of the command.
type flags struct {
	config, health, siblings string
	service, gateway         string
	version                  bool
	options                  server.Options
}

func parse(args []string, errs io.Writer) (*flags, error) {
	var f flags
	set := flag.NewFlagSet("spillway-health", flag.ContinueOnError)
	set.SetOutput(errs)
	set.StringVar(&f.config, "config", "", "`FILE` with a ClusterHealth, read again whenever it changes")
	set.StringVar(&f.health, "health", "", "`NAMESPACE/NAME` of a ClusterHealth to watch, in a cluster")
	set.StringVar(&f.options.Listen, "listen", ":8080", "`ADDRESS` that gateways reach: the probe path and signed polls")
	set.StringVar(&f.options.InternalListen, "internal-listen", ":9090", "`ADDRESS` for people, metrics and the other replicas")
	set.StringVar(&f.siblings, "siblings", "", "internal `URLS` of the other replicas, separated by commas")
	set.StringVar(&f.service, "service", "spillway-health", "in a cluster: `NAME` of the own Service, whose endpoints are the other replicas")
	set.StringVar(&f.gateway, "gateway", "istio=ingressgateway", "in a cluster: label `SELECTOR` of the ingress gateway's pods")
	set.StringVar(&f.options.GatewayMetrics, "gateway-metrics", server.DefaultGatewayMetrics, "in a cluster: `PORT/PATH` where each gateway's pod counts requests")
	set.StringVar(&f.options.Path, "path", v1alpha1.DefaultHealthPath, "`PATH` of the probe while nothing is configured")
	set.StringVar(&f.options.CacheDir, "cache", "", "`FOLDER` where the last configuration is kept over a restart")
	set.StringVar(&f.options.Replica, "replica", server.Replica(), "`NAME` of this replica")
	set.DurationVar(&f.options.Linger, "linger", 15*time.Second, "how long the probe path is answered after the end was asked for")
	set.BoolVar(&f.version, "version", false, "print the version and end")
	if err := set.Parse(args); err != nil {
		return nil, err //nolint:wrapcheck // printed already
	}
	switch {
	case f.version:
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case (f.config == "") == (f.health == ""):
		return nil, errors.New("give either --config FILE or --health NAMESPACE/NAME")
	}
	for u := range strings.SplitSeq(f.siblings, ",") {
		if u = strings.TrimSuffix(strings.TrimSpace(u), "/"); u != "" {
			f.options.Siblings = append(f.options.Siblings, u)
		}
	}
	return &f, nil
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	f, err := parse(args, errs)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "spillway-health:", err)
		return exitUsage
	}
	if f.version {
		_, _ = fmt.Fprintln(out, version.Get())
		return 0
	}
	log := slog.New(slog.NewJSONHandler(errs, nil))
	source, err := f.source(log, errs)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "spillway-health:", err)
		switch {
		case errors.Is(err, server.ErrInvalid):
			return exitInvalid
		case errors.Is(err, errUsage):
			return exitUsage
		}
		return exitTrouble
	}
	f.options.Source, f.options.Log = source, log
	f.options.Ready = func(public, internal string) {
		log.Info("listening", "public", public, "internal", internal, "version", version.Get().Version)
	}
	if err := server.Run(ctx, f.options); err != nil {
		_, _ = fmt.Fprintln(errs, "spillway-health:", err)
		return exitTrouble
	}
	return 0
}

func (f *flags) source(log *slog.Logger, errs io.Writer) (server.Source, error) {
	if f.health != "" {
		return newCluster(f, log)
	}
	file := &server.File{Path: f.config, Log: log, Print: func(found diag.List, sources map[string][]byte) {
		_ = diag.WriteText(errs, found, diag.TextOptions{Source: func(file string) []byte { return sources[file] }})
	}}
	err := file.Check()
	if err != nil && server.Cached(f.options.CacheDir) {
		log.Error("the configuration cannot be read, the cached one is used until it can", "error", err)
		err = nil
	}
	return file, err
}
