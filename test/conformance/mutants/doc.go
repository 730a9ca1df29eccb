// Package mutants takes the rules out of the product one at a time, and asks that its own tests notice each time.
//
// Every file *.txt here lists the mutants of one package, whose folder its first line names. A mutant is a name after #, the
// file it changes, and the lines that go (-) and come (+). The tests of the package run against the changed file by way of
// the compiler's overlay, so that nothing on disk changes. A mutant that survives, that does not apply any more or that does
// not compile is an error. Start reading at mutants_test.go.
package mutants
