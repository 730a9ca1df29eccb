package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	allowed []string
}

var _ pflag.Value = choice{}

func (c choice) String() string {
	if c.value == nil { // pflag asks a zero value, too
		return ""
	}
	return *c.value
}

func (c choice) Set(s string) error {
	if !slices.Contains(c.allowed, s) {
		return fmt.Errorf("one of %s", strings.Join(c.allowed, ", "))
	}
	*c.value = s
	return nil
}

func (c choice) Type() string { return strings.Join(c.allowed, "|") }

// bindChoice adds a flag that takes one of the words, the first by default.
func bindChoice(c *cobra.Command, value *string, flag [2]string, usage string, allowed ...string) {
	if *value == "" {
		*value = allowed[0]
	}
	c.Flags().VarP(choice{value: value, allowed: allowed}, flag[0], flag[1], usage)
	complete(c, flag[0], allowed)
}

// complete offers words for a flag to the shell.
func complete(c *cobra.Command, flag string, words []string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that does not exist, or twice, is a mistake in this folder
	}
}

func bindOutput(c *cobra.Command, value *string, allowed ...string) {
	bindChoice(c, value, [2]string{"output", "o"}, "what to print", allowed...)
}

// writing names the stream in the error of a print.
func writing(_ int, err error) error {
	if err != nil {
		return fmt.Errorf("writing output: %w", err)
	}
	return nil
}
