package clusters

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// pod is a process in a network namespace of its own.
type pod struct {
	name, ip, service string
	labels            map[string]string
	ports             []corev1.EndpointPort
	probe             string // URL that says whether it is ready; empty: while its process lives
	command           []string
	env               []string
	log               string

	mu      sync.Mutex
	process *exec.Cmd
	done    chan struct{}
	started time.Time
	ready   bool
}

// start starts the process; it is a pod's container, started again by nobody but the test.
func (p *pod) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	c := exec.Command("ip", append([]string{"netns", "exec", p.name}, p.command...)...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), p.env...), log, log
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	begun, done := make(chan error), make(chan struct{})
	go func() {
		// The kernel ends the child with the thread that started it, not with the program: so that thread waits for it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.Start()
		begun <- err
		if err == nil {
			_ = c.Wait()
		}
		_ = log.Close()
		close(done)
	}()
	if err := <-begun; err != nil {
		return err
	}
	p.process, p.done, p.started = c, done, time.Now()
	return nil
}

// end ends the process with a signal and waits.
func (p *pod) end(s syscall.Signal) {
	p.mu.Lock()
	c, done := p.process, p.done
	p.mu.Unlock()
	if c == nil {
		return
	}
	_ = c.Process.Signal(s)
	<-done
}

// age of the process.
func (p *pod) age() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.started)
}

func (p *pod) lives() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kubelet looks after the pods of one cluster: it probes them, and lists those that are ready in EndpointSlices.
type kubelet struct {
	kube      *kubernetes.Clientset
	namespace string
	pods      []*pod
	stopped   chan struct{}
	end       sync.Once
}

func newKubelet(kube *kubernetes.Clientset, namespace string) *kubelet {
	return &kubelet{kube: kube, namespace: namespace, stopped: make(chan struct{})}
}

// add makes a pod known to the API server.
func (k *kubelet) add(ctx context.Context, p *pod) error {
	k.pods = append(k.pods, p)
	api := k.kube.CoreV1().Pods(k.namespace)
	made, err := api.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: p.name, Labels: p.labels},
		Spec:       corev1.PodSpec{NodeName: "node", Containers: []corev1.Container{{Name: "main", Image: "none"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("making pod %s: %w", p.name, err)
	}
	made.Status = status(p)
	_, err = api.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	return err
}

func status(p *pod) corev1.PodStatus {
	is := corev1.ConditionFalse
	if p.ready {
		is = corev1.ConditionTrue
	}
	return corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: p.ip, PodIPs: []corev1.PodIP{{IP: p.ip}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: is}},
	}
}

// run probes until the end, twice a second.
func (k *kubelet) run(ctx context.Context) {
	t := time.NewTicker(500 * time.Millisecond)
	defer t.Stop()
	first := true
	for {
		changed := first
		for _, p := range k.pods {
			if is := k.probe(ctx, p); is != p.ready {
				p.ready, changed = is, true
				k.tell(ctx, p)
			}
		}
		if changed {
			first = k.list(ctx) != nil // tried again while the API server is away
		}
		select {
		case <-k.stopped:
			return
		case <-t.C:
		}
	}
}

func (k *kubelet) probe(ctx context.Context, p *pod) bool {
	if !p.lives() {
		return false
	}
	if p.probe == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.probe, nil)
	if err != nil {
		return false
	}
	tr := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (k *kubelet) tell(ctx context.Context, p *pod) {
	api := k.kube.CoreV1().Pods(k.namespace)
	if now, err := api.Get(ctx, p.name, metav1.GetOptions{}); err == nil {
		now.Status = status(p)
		_, _ = api.UpdateStatus(ctx, now, metav1.UpdateOptions{})
	}
}

// list writes the EndpointSlice of each service.
func (k *kubelet) list(ctx context.Context) error {
	slicesOf := map[string]*discoveryv1.EndpointSlice{}
	for _, p := range k.pods {
		s := slicesOf[p.service]
		if s == nil {
			s = &discoveryv1.EndpointSlice{
				ObjectMeta: metav1.ObjectMeta{
					Name: p.service + "-test", Namespace: k.namespace,
					Labels: map[string]string{discoveryv1.LabelServiceName: p.service, discoveryv1.LabelManagedBy: "tests"},
				},
				AddressType: discoveryv1.AddressTypeIPv4,
			}
			for i := range p.ports {
				s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &p.ports[i].Name, Port: &p.ports[i].Port, Protocol: new(corev1.ProtocolTCP)})
			}
			slicesOf[p.service] = s
		}
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{p.ip}, Conditions: discoveryv1.EndpointConditions{Ready: new(p.ready), Serving: new(p.ready)},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: k.namespace, Name: p.name},
		})
	}
	api := k.kube.DiscoveryV1().EndpointSlices(k.namespace)
	for _, name := range slices.Sorted(maps.Keys(slicesOf)) {
		s := slicesOf[name]
		now, err := api.Get(ctx, s.Name, metav1.GetOptions{})
		if err == nil {
			s.ResourceVersion = now.ResourceVersion
			_, err = api.Update(ctx, s, metav1.UpdateOptions{})
		} else {
			_, err = api.Create(ctx, s, metav1.CreateOptions{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *kubelet) stop() {
	k.end.Do(func() { close(k.stopped) })
	for _, p := range k.pods {
		p.end(syscall.SIGKILL)
	}
}
