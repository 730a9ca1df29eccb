package cluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// process is a child that is ended with the suite.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

func startProcess(cmd *exec.Cmd, logFile string) (*process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p, started := &process{cmd: cmd, done: make(chan struct{})}, make(chan error)
	go func() {
		// The kernel ends the child with the thread that started it, not with the program: so that thread waits for it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		_ = log.Close()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return p, nil
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(5 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// startIstiod runs istiod beside the API server. An upstream Envoy lacks Istio's own filters, so those that istiod
// would ask for are switched off.
func (c *Cluster) startIstiod(ctx context.Context, o Options) error {
	ports := make([]string, 4)
	for i := range ports {
		var err error
		if ports[i], err = freePort(); err != nil {
			return err
		}
	}
	c.PlainXDS, c.SecureXDS = ports[1], ports[3]
	kubeconfig := filepath.Join(c.dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	cmd := exec.Command(o.Parts.Istiod, "discovery", "--kubeconfig", kubeconfig, "--httpAddr", ports[0], "--grpcAddr", ports[1],
		"--monitoringAddr", ports[2], "--secureGRPCAddr", ports[3], "--httpsAddr", "")
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(),
		"POD_NAME=istiod-0", "POD_NAMESPACE="+systemNamespace, "CLUSTER_ID="+cmp.Or(o.Name, "Kubernetes"), "ENABLE_LEADER_ELECTION=false",
		"PILOT_ENABLE_METADATA_EXCHANGE=false", "PILOT_ENABLE_ALPN_FILTER=false", "PILOT_DISABLE_MX_ALPN=true",
		"ROOT_CA_DIR="+filepath.Join(c.dir, caFolder),
		"PILOT_DEBOUNCE_AFTER=50ms", "PILOT_MAX_REQUESTS_PER_SECOND=2000", "INJECTION_WEBHOOK_CONFIG_NAME=", "VALIDATION_WEBHOOK_CONFIG_NAME=",
		"PILOT_ENABLE_IP_AUTOALLOCATE=false")
	if o.Ambient {
		cmd.Env = append(cmd.Env, "PILOT_ENABLE_AMBIENT=true")
	}
	cmd.Env = append(cmd.Env, o.Env...)
	var err error
	if c.istiod, err = startProcess(cmd, c.LogFile); err != nil {
		return err
	}
	return c.awaitReady(ctx, "http://"+ports[0]+"/ready")
}

func (c *Cluster) awaitReady(ctx context.Context, url string) error {
	client := &http.Client{Timeout: time.Second}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("asking istiod: %w", err)
		}
		if resp, err := client.Do(req); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-c.istiod.done:
			return fmt.Errorf("istiod ended (%w): see %s", c.istiod.err, c.LogFile)
		case <-ctx.Done():
			return fmt.Errorf("waiting for istiod: %w: see %s", ctx.Err(), c.LogFile)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Alive says whether istiod still runs; some configurations end it.
func (c *Cluster) Alive() error {
	select {
	case <-c.istiod.done:
		return fmt.Errorf("istiod ended: %w", c.istiod.err)
	default:
		return nil
	}
}

// forwarder copies between a unix socket, which every network namespace can reach, and istiod's port.
type forwarder struct {
	listener net.Listener
	wg       sync.WaitGroup
}

func startForwarder(socket, target string) (*forwarder, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("opening the xDS socket: %w", err)
	}
	f := &forwarder{listener: l}
	f.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go forward(conn, target)
		}
	})
	return f, nil
}

func (f *forwarder) stop() error {
	err := f.listener.Close()
	f.wg.Wait()
	return err
}

func forward(conn net.Conn, target string) {
	defer func() { _ = conn.Close() }()
	up, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	go func() {
		_, _ = io.Copy(up, conn)
		_ = up.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(conn, up)
}
