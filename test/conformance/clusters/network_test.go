package clusters

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// nodeAddress is where the namespace of the test itself is reached from pods: API servers and applications live there.
	nodeAddress = "203.0.113.1"
	gatewayLink = "169.254.1.1"
)

// newNetwork makes the namespace of the test a router between those of pods.
func newNetwork() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("leaving the shared mounts: %w", err)
	}
	for _, dir := range []string{"/run/netns", "/etc/netns"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := syscall.Mount("none", dir, "tmpfs", 0, ""); err != nil {
			return fmt.Errorf("mounting %s: %w", dir, err)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("forwarding between pods: %w", err)
	}
	// kube-apiserver looks for the address of a default route
	return commands("ip link set lo up", "ip link add up0 type veth peer name up1", "ip addr add "+nodeAddress+"/32 dev up0",
		"ip link set up0 up", "ip link set up1 up", "ip route add default dev up0 src "+nodeAddress)
}

// address makes one more address of the test's own namespace.
func address(ip string) error { return commands("ip addr add " + ip + "/32 dev lo") }

// newPod makes the namespace of a pod, which knows the given names.
func newPod(name, ip string, hosts map[string]string) error {
	dir := filepath.Join("/etc/netns", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text := "127.0.0.1 localhost\n"
	for host, at := range hosts {
		text += at + " " + host + "\n"
	}
	for file, content := range map[string]string{"hosts": text, "resolv.conf": "nameserver 127.0.0.1\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o644); err != nil {
			return err
		}
	}
	link := "v" + strings.ReplaceAll(strings.TrimPrefix(ip, "19"), ".", "x")
	return commands(
		"ip netns add "+name,
		"ip link add "+link+" type veth peer name eth0 netns "+name,
		"ip addr add "+gatewayLink+"/32 dev "+link,
		"ip link set "+link+" up",
		"ip route add "+ip+"/32 dev "+link,
		"ip -n "+name+" link set lo up",
		"ip -n "+name+" addr add "+ip+"/32 dev eth0",
		"ip -n "+name+" link set eth0 up",
		"ip -n "+name+" route add "+gatewayLink+" dev eth0",
		"ip -n "+name+" route add default via "+gatewayLink+" dev eth0 src "+ip,
	)
}

// dropped makes black holes of what the rules of nft match; none heals all.
func dropped(rules ...string) error {
	text := "table inet cut\ndelete table inet cut\ntable inet cut {\nchain through {\ntype filter hook forward priority 0;\n" +
		strings.Join(rules, "\n") + "\n}\nchain in {\ntype filter hook input priority 0;\n" + strings.Join(rules, "\n") + "\n}\n}\n"
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("running nft: %w: %s", err, out)
	}
	return nil
}

func commands(lines ...string) error {
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("running %s: %w: %s", line, err, out)
		}
	}
	return nil
}
