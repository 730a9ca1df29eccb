package maintenance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/spillway-mesh/spillway/pkg/target/maintenance"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
)

// decode reads an object strictly, as Kubernetes' own type.
func decode(kind string, object []byte) error {
	into := map[string]any{"CronJob": &batchv1.CronJob{}, "RoleBinding": &rbacv1.RoleBinding{}, "ServiceAccount": &corev1.ServiceAccount{}}[kind]
	if into == nil {
		return fmt.Errorf("unexpected kind %s", kind)
	}
	d := json.NewDecoder(strings.NewReader(string(object)))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func Test(t *testing.T) { targettest.RunFleet(t, maintenance.New(), decode) }
