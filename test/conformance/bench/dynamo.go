package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/spillway-mesh/spillway/test/conformance/sigv4"
)

const (
	dynamoAddress = "127.0.0.1:18000"
	dynamoMain    = "software.amazon.dynamodb.services.local.main.ServerRunner"
	table         = "orders"
	seedKey       = "seed" // an item that is in every region
)

// dynamo is DynamoDB Local: one process that plays every region, with tables of its own for each.
type dynamo struct {
	cmd *exec.Cmd
	key sigv4.Key
}

// startDynamo starts it from the folder of its jars, and makes the table in every region.
func startDynamo(ctx context.Context, s *Scenario, dir string) (*dynamo, error) {
	log, err := os.Create(filepath.Join(dir, "dynamo.log"))
	if err != nil {
		return nil, fmt.Errorf("opening the log of DynamoDB Local: %w", err)
	}
	defer func() { _ = log.Close() }()
	d := &dynamo{cmd: exec.Command("java", "-Xmx256m", "-Djava.library.path="+s.Dynamo, "-cp", s.Dynamo+"/*", dynamoMain,
		"-inMemory", "-disableTelemetry", "-port", "18000")}
	d.cmd.Dir, d.cmd.Env = dir, append(os.Environ(), "DDB_LOCAL_TELEMETRY=0")
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting DynamoDB Local: %w", err)
	}
	for i := range s.Endpoints {
		k := s.Endpoints[i].Signed
		if k == nil {
			continue
		}
		d.key = *k
		if err := d.prepare(ctx, k.Region); err != nil {
			d.stop()
			return nil, err
		}
	}
	return d, nil
}

func (d *dynamo) stop() {
	_ = d.cmd.Process.Kill()
	_ = d.cmd.Wait()
}

// direct is a client that goes to DynamoDB Local itself, as a region's own.
func (d *dynamo) direct(region string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: region, BaseEndpoint: aws.String("http://" + dynamoAddress),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: d.key.ID, SecretAccessKey: d.key.Secret}, nil
		}),
	})
}

func (d *dynamo) prepare(ctx context.Context, region string) error {
	client := d.direct(region)
	end := time.Now().Add(time.Minute)
	for {
		_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName: aws.String(table), BillingMode: types.BillingModePayPerRequest,
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		})
		if err == nil {
			break
		}
		if time.Now().After(end) {
			return fmt.Errorf("making the table in %s: %w", region, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(table), Item: item(seedKey)})
	return err
}

func item(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// audit compares what clients were told with what the regions hold: an acknowledged write that is nowhere is lost, one that
// is in two regions was applied twice.
func (d *dynamo) audit(ctx context.Context, s *Scenario, l *load, r *Result) error {
	for _, x := range l.since(time.Time{}) {
		if x.call.Headers[targetHeader] != putItem {
			continue
		}
		found := 0
		for i := range s.Endpoints {
			got, err := d.direct(s.Endpoints[i].Signed.Region).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: item(x.id)})
			if err != nil {
				return fmt.Errorf("reading %s back: %w", x.id, err)
			}
			if len(got.Item) > 0 {
				found++
			}
		}
		if found == 0 && x.err == nil {
			r.WritesGone++
		}
		if found > 1 {
			r.WritesDoubled++
		}
	}
	return nil
}

const (
	targetHeader = "X-Amz-Target"
	putItem      = "DynamoDB_20120810.PutItem"
)

// sdkCaller is an application with the AWS SDK, whose requests carry no signature, or its own.
type sdkCaller struct{ client *dynamodb.Client }

type idKey struct{}

type regionKey struct{}

// tagged carries the request's number to the regions, and the region's name back. A request that is signed for another host
// is sent to the one that is dialled all the same.
type tagged struct {
	host, dialled string
	next          http.RoundTripper
}

func (g tagged) RoundTrip(req *http.Request) (*http.Response, error) {
	id, _ := req.Context().Value(idKey{}).(string)
	req.Header.Set(idHeader, id)
	if g.host != "" {
		req.URL.Host, req.Host = g.dialled, g.dialled
	}
	resp, err := g.next.RoundTrip(req)
	if region, ok := req.Context().Value(regionKey{}).(*string); ok && err == nil {
		*region = resp.Header.Get(regionHeader)
	}
	return resp, err
}

func newSDKCaller(s *Scenario, authority string) caller {
	options := dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + authority), Credentials: aws.AnonymousCredentials{},
		HTTPClient: &http.Client{Transport: tagged{host: s.SignedHost, dialled: authority, next: &http.Transport{
			MaxIdleConnsPerHost: 512, DisableCompression: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, s) },
		}}},
	}
	if !s.SDKRetries {
		options.Retryer = aws.NopRetryer{} // what the mesh does is measured, not what the SDK adds
	}
	if s.SignedHost != "" {
		options.BaseEndpoint = aws.String("http://" + s.SignedHost)
	}
	if s.ClientSigns != nil {
		options.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: s.ClientSigns.ID, SecretAccessKey: s.ClientSigns.Secret}, nil
		})
	}
	return &sdkCaller{client: dynamodb.New(options)}
}

func (c *sdkCaller) call(ctx context.Context, id string, call *Call) (string, error) {
	region := ""
	ctx = context.WithValue(context.WithValue(ctx, idKey{}, id), regionKey{}, &region)
	if call.Headers[targetHeader] == putItem {
		_, err := c.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: aws.String(table), Item: item(id), ConditionExpression: aws.String("attribute_not_exists(id)"),
		})
		return region, err
	}
	got, err := c.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(table), Key: item(seedKey)})
	if err == nil && len(got.Item) == 0 {
		err = errors.New("the item is not there")
	}
	return region, err
}

// forward checks the signature of a request and passes it to DynamoDB Local, which checks none.
func (r *region) forward(w http.ResponseWriter, req *http.Request, body []byte, mode Kind) {
	if err := sigv4.Check(req, body, *r.ep.Signed, time.Now()); err != nil {
		r.ledger.badSignature(r.ep.Name, err)
		answerDynamo(w, http.StatusBadRequest, "com.amazon.coral.service#InvalidSignatureException", err.Error())
		return
	}
	if mode == Throttle {
		answerDynamo(w, http.StatusBadRequest, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "slow down")
		return
	}
	out, err := http.NewRequestWithContext(req.Context(), req.Method, "http://"+dynamoAddress+req.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	out.Header = req.Header.Clone()
	resp, err := r.local.RoundTrip(out)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// answerDynamo refuses as DynamoDB does: with the error's type.
func answerDynamo(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"__type":%q,"message":%q}`, kind, message)
}
