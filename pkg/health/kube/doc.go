// Package kube reads and writes the cluster for the health server: the ClusterHealth and the Secret with its keys, the
// sibling replicas, the gateway pods, the services that opt in, endpoints, and the ExternalFailovers that checks name.
//
// What was known last stays when the API server is away, however long: nothing here ever turns silence into an empty list.
// Of client-go it takes the way to the API server only – TLS, tokens, proxies – and asks in plain JSON: whoever reads few
// fields of few kinds needs no typed client and no cache of whole objects, and the server stays small.
//
// It imports the API, pkg/health/probe, apimachinery and client-go's rest and clientcmd. Start reading at Watcher, then source.
package kube
