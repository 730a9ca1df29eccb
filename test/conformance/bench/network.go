package bench

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// network is the namespace's loopback device and its packet filter.
type network struct {
	mu      sync.Mutex
	dropped []string
}

func newNetwork(dir string) (*network, error) {
	if err := ownResolver(dir); err != nil {
		return nil, err
	}
	if err := command("ip", "link", "set", "lo", "up"); err != nil {
		return nil, err
	}
	return &network{}, nil
}

// ownResolver lets everything in the run's mount namespace ask the run's DNS server, as a pod's resolv.conf would.
func ownResolver(dir string) error {
	file := filepath.Join(dir, "resolv.conf")
	host, _, _ := net.SplitHostPort(dnsAddress)
	if err := os.WriteFile(file, []byte("nameserver "+host+"\noptions ndots:0\n"), 0o644); err != nil {
		return fmt.Errorf("writing resolv.conf: %w", err)
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("leaving the shared mounts: %w", err)
	}
	if err := syscall.Mount(file, "/etc/resolv.conf", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting resolv.conf: %w", err)
	}
	return nil
}

// add makes an address outside 127.0.0.0/8 local.
func (n *network) add(addr string) error {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return fmt.Errorf("adding %s: %w", addr, err)
	}
	if ip.IsLoopback() {
		return nil
	}
	return command("ip", "addr", "add", netip.PrefixFrom(ip, ip.BitLen()).String(), "dev", "lo")
}

// drop makes an address a black hole, or heals it.
func (n *network) drop(addr string, on bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dropped = slices.DeleteFunc(n.dropped, func(a string) bool { return a == addr })
	if on {
		n.dropped = append(n.dropped, addr)
	}
	var b strings.Builder
	b.WriteString("table inet bench\ndelete table inet bench\ntable inet bench {\nchain in {\ntype filter hook input priority 0;\n")
	for _, a := range n.dropped {
		fmt.Fprintf(&b, "ip daddr %s drop\n", a)
	}
	b.WriteString("}\n}\n")
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(b.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running nft: %w: %s", err, out)
	}
	return nil
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("running %s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}
