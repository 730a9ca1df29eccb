package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Program is a whole application that writes one item and reads it back, again and again while regions fail. It is given the
// table and the item's key.
type Program struct {
	Name string
	Args []string
	Env  []string
}

const (
	// applicationAddress is what the host's name resolves to for programs: whatever is sent there goes to the sidecar, as
	// iptables would send it.
	applicationAddress = "127.0.6.1"
	programPatience    = 30 * time.Second
)

// startRedirect stands for iptables.
func startRedirect(ctx context.Context, s *Scenario) error {
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", applicationAddress, s.Port))
	if err != nil {
		return fmt.Errorf("standing in for iptables: %w", err)
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go redirect(ctx, s, in)
		}
	}()
	return nil
}

func redirect(ctx context.Context, s *Scenario, in net.Conn) {
	out, err := dial(ctx, s)
	if err != nil {
		_ = in.Close()
		return
	}
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// programs runs each program as often as fits before the end, and at least once. What one says on failing is kept.
func programs(ctx context.Context, s *Scenario, end time.Time) []ProgramRun {
	var out []ProgramRun
	for i := range s.Programs {
		p := &s.Programs[i]
		for n := 0; n == 0 || time.Now().Before(end); n++ {
			r := ProgramRun{Program: p.Name, Key: fmt.Sprintf("%s-%d", p.Name, n)}
			if text, err := p.run(ctx, r.Key); err != nil {
				r.Failed = fmt.Sprintf("%v: %s", err, lastLines(text, 5))
			}
			out = append(out, r)
			if n+1 >= s.ProgramRuns {
				break
			}
		}
	}
	return out
}

func (p *Program) run(ctx context.Context, key string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, programPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Args[0], append(p.Args[1:len(p.Args):len(p.Args)], table, key)...)
	cmd.Env = append(withoutProxies(os.Environ()), p.Env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// withoutProxies drops what would send an application elsewhere than to its sidecar.
func withoutProxies(env []string) []string {
	out := make([]string, 0, len(env))
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasSuffix(strings.ToLower(name), "_proxy") {
			out = append(out, e)
		}
	}
	return out
}

// auditRuns finds the regions that hold what each program wrote.
func (d *dynamo) auditRuns(ctx context.Context, s *Scenario, runs []ProgramRun) error {
	errs := make([]error, 0, len(runs)*len(s.Endpoints))
	for i := range runs {
		for j := range s.Endpoints {
			got, err := d.direct(s.Endpoints[j].Signed.Region).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: item(runs[i].Key)})
			errs = append(errs, err)
			if err == nil && len(got.Item) > 0 {
				runs[i].Regions = append(runs[i].Regions, s.Endpoints[j].Name)
			}
		}
	}
	return errors.Join(errs...)
}
