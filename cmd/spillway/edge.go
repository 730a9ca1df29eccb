package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// anyTool prints the ways by all tools.
const anyTool = "all"

// edgeOptions are the flags of the commands that take a cluster out of what stands before it.
type edgeOptions struct {
	input   inputOptions
	cluster string
	tool    string
}

func newEdge(name string, io IO) *cobra.Command {
	c := &cobra.Command{
		Use:   "edge",
		Short: "Print how a cluster is taken out of load balancers and DNS, and put back",
		Long: "Edge prints the commands with which a cluster leaves what stands before it, without a probe that fails. It reads the\n" +
			"ClusterFailover and asks no cluster, so that it helps while API servers are down; it changes nothing itself. What it\n" +
			"prints looks first whether another cluster is left to serve users, and where several tools could do it, one is enough.",
		Example: examples(name,
			"edge drain --cluster blue -f clusterfailover.yaml", "print every way to take a cluster out",
			"edge drain --cluster blue -f clusterfailover.yaml -o gcloud | sh", "take it out",
			"edge restore --cluster blue -f clusterfailover.yaml -o gcloud | sh", "put it back as the spec has it"),
	}
	c.AddCommand(
		newEdgeWay(io, "drain", "Print how a cluster is taken out", false),
		newEdgeWay(io, "restore", "Print how a cluster is put back as the spec has it", true))
	return c
}

func newEdgeWay(io IO, use, does string, restore bool) *cobra.Command {
	var o edgeOptions
	c := &cobra.Command{
		Use: use + " --cluster NAME -f FILE", Short: does, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io, use, restore) },
	}
	o.input.bind(c)
	c.Flags().StringVar(&o.cluster, "cluster", "", "`name` of the cluster in the ClusterFailover")
	bindChoice(c, &o.tool, [2]string{"output", "o"}, "only the way by this tool, for a shell", anyTool, target.Kubectl, target.Gcloud, target.Terraform, target.AWS)
	return c
}

func (o *edgeOptions) run(ctx context.Context, io IO, use string, restore bool) error {
	if o.cluster == "" {
		return usagef("name the cluster with --cluster")
	}
	in, err := o.input.read(ctx, io, allWriters())
	if err != nil {
		return err
	}
	if err := o.input.verdict(in.diags); err != nil { // what may go through is no reading for those in a hurry
		return errors.Join(in.printFindings(io.Err, io.Getenv, in.diags), err)
	}
	r := edgeWays{tool: o.tool, use: use, restore: restore}
	found := false
	for n := range in.fleets.Len() {
		f, _ := in.fleets.Plan(n)
		if f == nil {
			continue
		}
		if i := slices.IndexFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Name == o.cluster }); i >= 0 {
			found = true
			r.fleet(f, &f.Clusters[i])
		}
	}
	if !found {
		return usagef("there is no cluster %s in the ClusterFailovers of the input", o.cluster)
	}
	return r.print(io)
}

// edgeWays is what will be printed of every fleet that the cluster is in: work on a cluster concerns all of them.
type edgeWays struct {
	tool, use string
	restore   bool

	out     bytes.Buffer
	without []string
	refused diag.List
}

func (r *edgeWays) fleet(f *plan.Fleet, c *plan.FleetCluster) {
	about := "ClusterFailover " + f.Namespace + "/" + f.Name
	if !r.restore && !target.Others(f, c) {
		var ds diag.List
		ds.Errorf(nil, "SP805", "%s is the last cluster in rotation", c.Name).WithHint("bring another one in first, or leave it as it is")
		r.refused = append(r.refused, ds.About(about)...)
		return
	}
	var tools []string
	printed := false
	for _, e := range f.Edges {
		ways := waysOf(f, c, e, r.restore)
		if len(ways) == 0 {
			r.without = append(r.without, e.Type+" of "+f.ID)
		}
		for _, w := range ways {
			tools = append(tools, w.Tool)
			if r.tool == anyTool || r.tool == w.Tool {
				printed = true
				r.way(f, e, w, c.Name)
			}
		}
	}
	if printed {
		return
	}
	hint := "send users away with `spillway mode drain`"
	if len(tools) > 0 {
		slices.Sort(tools)
		hint = "use -o " + strings.Join(slices.Compact(tools), " or -o ")
	}
	var ds diag.List
	ds.Errorf(nil, "SP806", "none of its edges can be told by %s to %s a cluster", r.by(), r.use).WithHint("%s", hint)
	r.refused = append(r.refused, ds.About(about)...)
}

func (r *edgeWays) by() string {
	if r.tool == anyTool {
		return "any tool"
	}
	return r.tool
}

// way writes commands so that a shell can take them: everything else is a comment.
func (r *edgeWays) way(f *plan.Fleet, e plan.Edge, w target.Way, cluster string) {
	if r.out.Len() > 0 {
		r.out.WriteByte('\n')
	}
	text := w.Text
	if w.Tool == target.Terraform && r.tool == anyTool { // no commands: among some they would be taken for such
		text = "# " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n# ") + "\n"
	}
	fmt.Fprintf(&r.out, "# %s of %s: %s %s by %s; %s\n%s", e.Type, f.ID, r.use, cluster, w.Tool, w.Note, text)
	if !r.restore && e.Timing.TTL > 0 {
		fmt.Fprintf(&r.out, "# names are kept for %s, and longer by %s\n", e.Timing.TTL, e.Timing.Beyond)
	}
}

// print says nothing but why, if any fleet refuses: half of a drain is none.
func (r *edgeWays) print(io IO) error {
	if len(r.refused) > 0 {
		return refuse(io, r.refused)
	}
	if len(r.without) > 0 {
		text := strings.Join(r.without, ", ") + ": nothing to print, it chooses among no clusters by itself; every edge that probes follows `spillway mode drain`\n"
		if err := writing(io.Err.Write([]byte(text))); err != nil {
			return err
		}
	}
	return writing(io.Out.Write(r.out.Bytes()))
}

func waysOf(f *plan.Fleet, c *plan.FleetCluster, e plan.Edge, restore bool) []target.Way {
	for _, t := range all.Fleets() {
		if d, ok := t.(target.Drainer); ok && d.Info().Edge == e.Type {
			return d.Drain(f, c, restore)
		}
	}
	return nil
}
