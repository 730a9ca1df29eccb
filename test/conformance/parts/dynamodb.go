package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// DynamoDBVersion is the version of DynamoDB Local.
const DynamoDBVersion = "3.1.0"

const dynamoPOM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>bench</groupId><artifactId>bench</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>software.amazon.dynamodb</groupId><artifactId>DynamoDBLocal</artifactId><version>VERSION</version>
  </dependency></dependencies>
</project>
`

// DynamoDB is the folder of DynamoDB Local's jars; Maven fetches them once.
func DynamoDB(ctx context.Context, logf func(string, ...any)) (string, error) {
	for _, tool := range []string{"mvn", "java"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("program %s not found: install the packages maven and default-jre-headless (DynamoDB Local is Java)", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	dir := filepath.Join(cache, "spillway", "parts", "dynamodb-"+DynamoDBVersion)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	lib := filepath.Join(dir, "lib")
	if _, err := os.Stat(lib); err == nil {
		return lib, nil
	}
	logf("fetching DynamoDB Local %s (kept in %s)", DynamoDBVersion, dir)
	tmp, err := os.MkdirTemp(dir, ".fetch-")
	if err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	pom := strings.Replace(dynamoPOM, "VERSION", DynamoDBVersion, 1)
	if err := os.WriteFile(filepath.Join(tmp, "pom.xml"), []byte(pom), 0o600); err != nil {
		return "", fmt.Errorf("writing the pom: %w", err)
	}
	cmd := exec.CommandContext(ctx, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib")
	cmd.Dir = tmp
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("fetching DynamoDB Local: %w: %s", err, tail(msg)), os.RemoveAll(tmp))
	}
	if err := os.Rename(filepath.Join(tmp, "lib"), lib); err != nil {
		return "", fmt.Errorf("moving it into the cache: %w", err)
	}
	return lib, os.RemoveAll(tmp)
}
