package conformance

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/sigv4"
)

// signedScenario is the AWS SDK through sidecar and gateway to DynamoDB Local, behind regions that recompute each signature.
func (s *suite) signedScenario(t *testing.T, c *generated.Case) *bench.Scenario {
	t.Helper()
	jars, err := parts.DynamoDB(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	sc := s.scenario(t, c, c.Spec.Spec.Ports[0])
	sc.Driver, sc.Dynamo = bench.DriverSDK, jars
	for i := range sc.Endpoints {
		sc.Endpoints[i].Signed = &sigv4.Key{
			ID: accessKey, Secret: secretKey, Service: "dynamodb",
			Region: map[string]string{"east": "us-east-1", "west": "us-west-2"}[sc.Endpoints[i].Name],
		}
	}
	return sc
}

// TestDynamoDB has the AWS SDK read and write while the home region fails: no read fails, no acknowledged write is gone, none
// is applied in two regions, and no region sees a signature that is not its own.
func TestDynamoDB(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-signed", "signed")
	port := c.Spec.Spec.Ports[0]
	for _, kind := range []bench.Kind{bench.Refuse, bench.Blackhole, bench.Error500} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sc := s.signedScenario(t, c)
			sc.Name, sc.Rate = "AWS SDK, signed at the gateway", 20
			sc.Failures = []bench.Failure{down(kind, sc.Home[0], 0, s.outage(kind))}
			r := s.run(t, sc)
			judge(t, c, port, r)
			if r.BadSignatures > 0 || r.WritesGone > 0 || r.WritesDoubled > 0 {
				t.Errorf("%d signatures were wrong, %d acknowledged writes are nowhere, %d in two regions", r.BadSignatures, r.WritesGone, r.WritesDoubled)
			}
		})
	}
}

// TestThrottlingIsNoFailure has the home region answer that it is asked too often: nobody leaves it for that.
func TestThrottlingIsNoFailure(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-signed", "throttled")
	sc := s.signedScenario(t, c)
	sc.Name, sc.Rate = "AWS SDK, throttled at home", 20
	sc.Failures = []bench.Failure{down(bench.Throttle, sc.Home[0], 0, 4*time.Second)}
	r := s.run(t, sc)
	if r.During["west"] > 0 || r.Ejections > 0 {
		t.Errorf("the region was left: %v, %d ejections", r.During, r.Ejections)
	}
	if lost := r.Classes[bench.Full].LostDuring; lost == 0 {
		t.Error("nothing was throttled")
	}
	if r.BadSignatures > 0 || r.Classes[bench.Full].LostAfter > 0 {
		t.Errorf("%d bad signatures, %d lost afterwards", r.BadSignatures, r.Classes[bench.Full].LostAfter)
	}
}

// TestSDKRetries leaves the SDK's own retries on, as applications do: neither reads nor writes fail while the region answers
// 500, and what the SDK sends again is refused by the item's condition where the first try was applied.
func TestSDKRetries(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-signed", "sdk-retries")
	sc := s.signedScenario(t, c)
	sc.Name, sc.Rate, sc.SDKRetries = "AWS SDK with its own retries", 20, true
	sc.Failures = []bench.Failure{down(bench.Error500, sc.Home[0], 0, s.outage(bench.Error500))}
	r := s.run(t, sc)
	judgeNames(t, r)
	for class, x := range r.Classes {
		if x.Lost() > 0 {
			t.Errorf("%s: %d of %d requests failed: %q", class, x.Lost(), x.Sent, r.Examples)
		}
	}
	if r.BadSignatures > 0 || r.WritesGone > 0 || r.WritesDoubled > 0 {
		t.Errorf("%d signatures were wrong, %d acknowledged writes are nowhere, %d in two regions", r.BadSignatures, r.WritesGone, r.WritesDoubled)
	}
}

// TestClientSignatureFails is the negative control: the application signs, no gateway does. Signed for the name that it dials,
// every request is refused, because the region gets another Host; signed for its own region's name, all is well until the
// failover, and then every request is refused, though no region is down as far as Envoy can tell.
func TestClientSignatureFails(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-tls", "client-signs")
	for name, host := range map[string]string{"the name that it dials": "", "its region's name": "dynamodb.us-east-1.amazonaws.com"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sc := s.signedScenario(t, c)
			sc.Name, sc.Rate, sc.SignedHost = "signed by the application for "+name, 20, host
			sc.ClientSigns = &sigv4.Key{ID: accessKey, Secret: secretKey}
			sc.Failures = []bench.Failure{down(bench.Refuse, sc.Home[0], 0, 5*time.Second)}
			r := s.run(t, sc)
			for class, x := range r.Classes {
				if well := x.LostBefore == 0; well != (host != "") {
					t.Errorf("%s: %d of %d requests lost before the failure", class, x.LostBefore, x.Sent)
				}
			}
			if served := r.During["east"] + r.During["west"]; served > 0 {
				t.Errorf("%d requests were served in the outage: the control is blind", served)
			}
			if r.BadSignatures == 0 || r.Ejections > 1 {
				t.Errorf("%d signatures were refused, %d ejections", r.BadSignatures, r.Ejections)
			}
		})
	}
}
