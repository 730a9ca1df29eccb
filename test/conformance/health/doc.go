// Package health holds tests of the health server as a program: real processes on loopback addresses that are beset by
// faults, and its page in a real browser. It imports nothing of the product.
package health
