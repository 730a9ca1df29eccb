// Command edge installs the kinds of GKE's Ingress controller into an API server, with the controller's own code:
// edge KUBECONFIG.
package main

import (
	"fmt"
	"os"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	"k8s.io/client-go/tools/clientcmd"
	backendv1 "k8s.io/ingress-gce/pkg/apis/backendconfig/v1"
	frontendv1beta1 "k8s.io/ingress-gce/pkg/apis/frontendconfig/v1beta1"
	"k8s.io/ingress-gce/pkg/crd"
	"k8s.io/klog/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: edge KUBECONFIG")
		os.Exit(2)
	}
	if err := install(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func install(kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	client, err := apiextensions.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making the client: %w", err)
	}
	handler := crd.NewCRDHandler(client, klog.Background())
	for _, meta := range []*crd.CRDMeta{
		crd.NewCRDMeta("cloud.google.com", "BackendConfig", "BackendConfigList", "backendconfig", "backendconfigs", []*crd.Version{
			crd.NewVersion("v1", "k8s.io/ingress-gce/pkg/apis/backendconfig/v1.BackendConfig", backendv1.GetOpenAPIDefinitions, nil, false),
		}, "bc"),
		crd.NewCRDMeta("networking.gke.io", "FrontendConfig", "FrontendConfigList", "frontendconfig", "frontendconfigs", []*crd.Version{
			crd.NewVersion("v1beta1", "k8s.io/ingress-gce/pkg/apis/frontendconfig/v1beta1.FrontendConfig", frontendv1beta1.GetOpenAPIDefinitions, nil, false),
		}),
	} {
		if _, err := handler.EnsureCRD(meta, true); err != nil {
			return fmt.Errorf("installing a kind: %w", err)
		}
	}
	return nil
}
