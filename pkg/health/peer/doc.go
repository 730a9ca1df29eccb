// Package peer lets the health servers of one fleet talk: it carries summaries, asks and promises between clusters, and
// votes between the replicas of one cluster.
//
// The rules – who may leave, who promises to stay – are pkg/health's. This package adds what the rules need to be true
// over a network: messages that nobody can forge (wire.go, keys.go) and that are worth nothing when played again
// (challenge.go). Start with message.go.
//
// It imports pkg/health and the standard library only.
package peer
