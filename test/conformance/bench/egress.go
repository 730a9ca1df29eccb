package bench

import (
	"context"
	"errors"
	"time"
)

// egress is the running gateway.
type egress struct {
	scenario *Scenario
	dir      string
	pods     []*envoy
}

// startEgress starts every pod and waits until all listen.
func startEgress(ctx context.Context, s *Scenario, dir string) (*egress, error) {
	e := &egress{scenario: s, dir: dir}
	for i := range s.Egress.Pods {
		pod, err := startEnvoy(podProxy(s, i), dir)
		if err != nil {
			return nil, e.stopped(err)
		}
		e.pods = append(e.pods, pod)
	}
	for _, pod := range e.pods {
		if err := pod.awaitReady(ctx); err != nil {
			return nil, e.stopped(err)
		}
	}
	return e, nil
}

func (e *egress) stop() {
	for _, pod := range e.pods {
		pod.stop()
	}
	e.pods = nil
}

func (e *egress) stopped(err error) error {
	e.stop()
	return err
}

// failPod takes one pod away and brings it back. DNS knows it all the while, as it does for a time in a cluster.
func (w *world) failPod(f Failure, end time.Time) error {
	i := max(f.Address, 1) - 1
	address := w.egress.scenario.Egress.Pods[i].Address
	if f.Kind == GatewayGone {
		err := w.net.drop(address, true)
		time.Sleep(time.Until(end))
		return errors.Join(err, w.net.drop(address, false))
	}
	w.egress.pods[i].stop()
	time.Sleep(time.Until(end))
	pod, err := startEnvoy(podProxy(w.egress.scenario, i), w.egress.dir)
	if err == nil {
		w.egress.pods[i] = pod
	}
	return err
}
