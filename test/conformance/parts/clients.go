package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Boto3Version is the version of the AWS SDK for Python.
const Boto3Version = "1.44.8"

// Boto3 is a folder for PYTHONPATH with the AWS SDK for Python; pip fetches it once.
func Boto3(ctx context.Context, logf func(string, ...any)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache directory: %w", err)
	}
	dir := filepath.Join(cache, "spillway", "parts", "boto3-"+Boto3Version)
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
	logf("fetching boto3 %s (kept in %s)", Boto3Version, dir)
	tmp, err := os.MkdirTemp(dir, ".fetch-")
	if err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	cmd := exec.CommandContext(ctx, "python3", "-m", "pip", "install", "--quiet", "--target", filepath.Join(tmp, "lib"), "boto3=="+Boto3Version)
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("pip install boto3: %w (install the package python3-pip if pip is missing): %s", err, tail(msg)), os.RemoveAll(tmp))
	}
	if err := os.Rename(filepath.Join(tmp, "lib"), lib); err != nil {
		return "", fmt.Errorf("moving it into the cache: %w", err)
	}
	return lib, os.RemoveAll(tmp)
}
