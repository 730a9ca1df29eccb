package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// ownPrefix marks the annotations that are kept.
const ownPrefix = v1alpha1.Group + "/"

// object is what all objects have.
type object struct {
	metadata `json:"metadata"`
}

type metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	ResourceVersion   string            `json:"resourceVersion"`
	DeletionTimestamp *metav1.Time      `json:"deletionTimestamp"`
	Labels            map[string]string `json:"labels"`
	Annotations       map[string]string `json:"annotations"`
}

// into decodes an object of the cluster.
func into[T any](raw json.RawMessage) (*T, error) {
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, fmt.Errorf("decoding: %w", err)
	}
	return v, nil
}

// slim drops what others write into an object and nobody reads here: it can be most of it.
func slim(m *metav1.ObjectMeta) {
	m.ManagedFields = nil
	m.Annotations = ownAnnotations(m.Annotations)
}

func ownAnnotations(all map[string]string) map[string]string {
	maps.DeleteFunc(all, func(key, _ string) bool { return !strings.HasPrefix(key, ownPrefix) })
	if len(all) == 0 {
		return nil
	}
	return all
}

func keepHealth(raw json.RawMessage) (*v1alpha1.ClusterHealth, error) {
	h, err := into[v1alpha1.ClusterHealth](raw)
	if err != nil {
		return nil, err
	}
	slim(&h.ObjectMeta)
	return h, nil
}

func keepFailover(raw json.RawMessage) (*v1alpha1.ExternalFailover, error) {
	f, err := into[v1alpha1.ExternalFailover](raw)
	if err != nil {
		return nil, err
	}
	slim(&f.ObjectMeta)
	return f, nil
}

func keepSecret(raw json.RawMessage) (map[string][]byte, error) {
	s, err := into[struct {
		Data map[string][]byte `json:"data"`
	}](raw)
	if err != nil {
		return nil, err
	}
	return s.Data, nil
}

// pod is what is known of a gateway's pod.
type pod struct {
	counts, ready bool
	address       string
}

// keepPod tells pods that serve or will from those that end or have ended; an evicted one stays in the list for days.
func keepPod(raw json.RawMessage) (pod, error) {
	p, err := into[struct {
		object

		Status struct {
			Phase      string `json:"phase"`
			PodIP      string `json:"podIP"`
			Conditions []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
			} `json:"conditions"`
		} `json:"status"`
	}](raw)
	if err != nil {
		return pod{}, err
	}
	out := pod{counts: p.DeletionTimestamp == nil && p.Status.Phase != "Succeeded" && p.Status.Phase != "Failed", address: p.Status.PodIP}
	for _, c := range p.Status.Conditions {
		if c.Type == "Ready" {
			out.ready = c.Status == "True"
		}
	}
	return out, nil
}

// Service is one that opts in by its label.
type Service struct {
	Namespace, Name string
	// Annotations are those of spillway.dev.
	Annotations map[string]string
	// ClusterIP is "None" for a headless service.
	ClusterIP string
	Ports     []ServicePort
}

// ServicePort is a port of a Service.
type ServicePort struct {
	Name        string `json:"name"`
	Port        int32  `json:"port"`
	Protocol    string `json:"protocol"`
	AppProtocol string `json:"appProtocol"`
}

func keepService(raw json.RawMessage) (Service, error) {
	s, err := into[struct {
		object

		Spec struct {
			ClusterIP string        `json:"clusterIP"`
			Ports     []ServicePort `json:"ports"`
		} `json:"spec"`
	}](raw)
	if err != nil {
		return Service{}, err
	}
	return Service{
		Namespace: s.Namespace, Name: s.Name, Annotations: ownAnnotations(s.Annotations), ClusterIP: s.Spec.ClusterIP, Ports: s.Spec.Ports,
	}, nil
}

func compareServices(a, b Service) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
