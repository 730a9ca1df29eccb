package dns_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// emulators are the Python packages of the emulator; what they need besides is chosen by pip.
func emulators() []string { return []string{"moto==5.2.5", "flask==3.1.2", "flask-cors==6.0.1"} }

// emulator is a running emulator of Route 53. It stores what it is given and refuses almost nothing.
type emulator struct {
	url string
	cmd *exec.Cmd
}

// shared is one emulator for all tests: zones keep them apart.
//
//nolint:gochecknoglobals // tests of one package can share a process only through a package variable.
var shared = sync.OnceValues(startEmulator)

// TestMain lets the SDK's environment lead to the emulator, and stops it in the end.
func TestMain(m *testing.M) {
	code := m.Run()
	if e, err := shared(); err == nil {
		_ = e.cmd.Process.Kill()
		_ = e.cmd.Wait()
	}
	os.Exit(code)
}

func startEmulator() (*emulator, error) {
	packages, err := install()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("finding a free port: %w", err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		return nil, fmt.Errorf("freeing the port: %w", err)
	}
	e := &emulator{url: "http://127.0.0.1:" + port}
	e.cmd = exec.Command("python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	e.cmd.Env = append(os.Environ(), "PYTHONPATH="+packages)
	e.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := e.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the emulator: %w", err)
	}
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL_ROUTE_53": e.url, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		if err := os.Setenv(key, value); err != nil {
			return nil, fmt.Errorf("setting %s: %w", key, err)
		}
	}
	return e, e.await()
}

// await waits until the emulator answers.
func (e *emulator) await() error {
	client := &http.Client{Timeout: time.Second}
	var last error
	for range 300 {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, e.url+"/moto-api/", nil)
		if err != nil {
			return fmt.Errorf("asking the emulator: %w", err)
		}
		answer, err := client.Do(req)
		if err == nil {
			return answer.Body.Close()
		}
		last = err
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("waiting for the emulator: %w", last)
}

// install puts the emulator into the user's cache, once; another process that needs it waits.
func install() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	key := sha256.Sum256([]byte(strings.Join(emulators(), " ")))
	root := filepath.Join(cache, "spillway", "parts")
	dir := filepath.Join(root, "moto-"+hex.EncodeToString(key[:6]))
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("opening the lock: %w", err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("locking %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fmt.Fprintf(os.Stderr, "installing the emulator of Route 53 (kept in %s)\n", dir)
	tmp := dir + ".new"
	if err := os.RemoveAll(tmp); err != nil {
		return "", fmt.Errorf("clearing the cache: %w", err)
	}
	args := append([]string{"-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", tmp}, emulators()...)
	if out, err := exec.Command("python3", args...).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("pip install %v: %w\n%s", emulators(), err, out), os.RemoveAll(tmp))
	}
	return dir, os.Rename(tmp, dir)
}
