// Command spillway turns one short spec per host into Istio objects that carry its traffic to another region when the
// first one dies, and says what they promise. It works offline and also answers as `kubectl spillway`.
//
// Each command is a file named after it; root.go lists them, io.go holds what they may touch, exit.go what they may
// end with. Nothing here knows Istio: pkg/compile is where a spec becomes objects.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image holds nothing but the binary, and maintenance windows name time zones
)

func main() { os.Exit(run()) }

// run is main without the exit, so that tests can call it.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return execute(ctx, os.Args, streams())
}
