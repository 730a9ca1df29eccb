// Package waypoint holds what a real istiod sends to waypoints against what the plan promised to the clients behind them. Its
// tests say how.
package waypoint
