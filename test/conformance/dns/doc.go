// Package dns holds external-dns' own code against an emulator of Route 53: its plan, its TXT registry and its AWS provider
// run on the DNSEndpoints that are generated, and what they wrote is read back and held against Route 53's rules. It also
// holds what the records answer against the time budget: a stand-in for Route 53's name servers, and resolvers with caches.
//
// The program external-dns itself is not run: two modules that it needs are not to be had. What is left out with it is how
// it reads objects (its sources) and when (its controller); the rounds here do what its controller does in one.
//
// It is a module of its own because external-dns brings half of the clouds' clients along. Start reading at dns_test.go.
package dns
